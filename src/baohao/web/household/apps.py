"""Django's record of this room."""

from django.apps import AppConfig


class Household(AppConfig):
    """Who shares cards with whom."""

    name = "baohao.web.household"
    label = "household"
    default_auto_field = "django.db.models.BigAutoField"
