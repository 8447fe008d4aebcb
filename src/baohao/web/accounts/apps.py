"""Django's record of this room."""

from django.apps import AppConfig


class Accounts(AppConfig):
    """Accounts."""

    name = "baohao.web.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to sign-ins."""
        from baohao.web.accounts import signing_in  # noqa: F401 - the registry comes first
