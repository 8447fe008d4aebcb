"""Django's record of this room."""

from django.apps import AppConfig


class Support(AppConfig):
    """Messages between holders and who works for their operator."""

    name = "baohao.web.support"
    label = "support"
    default_auto_field = "django.db.models.BigAutoField"
