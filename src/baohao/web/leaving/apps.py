"""Django's record of this room."""

from django.apps import AppConfig


class Leaving(AppConfig):
    """Numbers that their holders let go."""

    name = "baohao.web.leaving"
    label = "leaving"
    default_auto_field = "django.db.models.BigAutoField"
