"""Django's record of this room."""

from django.apps import AppConfig


class Rescues(AppConfig):
    """Payments for wrong numbers."""

    name = "baohao.web.rescue"
    label = "rescue"
    default_auto_field = "django.db.models.BigAutoField"
