"""Django's record of this room."""

from django.apps import AppConfig


class Bringing(AppConfig):
    """Files of cards that holders bring."""

    name = "baohao.web.bringing"
    label = "bringing"
    default_auto_field = "django.db.models.BigAutoField"
