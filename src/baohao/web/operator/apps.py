"""Django's record of this room."""

from django.apps import AppConfig


class Operators(AppConfig):
    """How operators look."""

    name = "baohao.web.operator"
    label = "operators"
    default_auto_field = "django.db.models.BigAutoField"
