"""Django's record of this room."""

from django.apps import AppConfig


class Counters(AppConfig):
    """What a business hall keeps beside lines and money."""

    name = "baohao.web.counter"
    label = "counters"
    default_auto_field = "django.db.models.BigAutoField"
