"""Django's record of this room."""

from django.apps import AppConfig


class Agents(AppConfig):
    """What an agent's people may do."""

    name = "baohao.web.agent"
    label = "agents"
    default_auto_field = "django.db.models.BigAutoField"
