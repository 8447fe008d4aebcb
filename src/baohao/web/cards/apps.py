"""Django's record of this room."""

from django.apps import AppConfig


class Cards(AppConfig):
    """Cards of other operators' that holders watch over."""

    name = "baohao.web.cards"
    label = "cards"
    default_auto_field = "django.db.models.BigAutoField"
