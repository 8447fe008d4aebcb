"""Django's record of this room."""

from django.apps import AppConfig


class Operators(AppConfig):
    """What operators keep of their own."""

    name = "baohao.web.house"
    label = "operators"
    default_auto_field = "django.db.models.BigAutoField"
