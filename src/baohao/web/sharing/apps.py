"""Django's record of this room."""

from django.apps import AppConfig


class Sharing(AppConfig):
    """Whom a holder lets see or pay."""

    name = "baohao.web.sharing"
    label = "sharing"
    default_auto_field = "django.db.models.BigAutoField"
