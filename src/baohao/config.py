"""
Settings from the environment, typed. Only `wiring` reads them; everybody else is given values.

    BAOHAO_DATABASE_URL        a PostgreSQL server to use; without it the embedded one is used
    BAOHAO_SECRET_KEY          32 bytes in base64, under which secrets are sealed; without it a file
                               in the data folder has them
    BAOHAO_WEBHOOKS_LOOPBACK   1: webhooks may go to this machine; for tests and the demo
"""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_data_path

DATABASE_URL_VARIABLE = "BAOHAO_DATABASE_URL"
SECRET_KEY_VARIABLE = "BAOHAO_SECRET_KEY"  # noqa: S105 - its name, not the key
LOOPBACK_VARIABLE = "BAOHAO_WEBHOOKS_LOOPBACK"
#: Where the platform keeps the data of what root runs.
ROOTS_DATA = Path("/var/lib/baohao")


class BadSetting(ValueError):  # noqa: N818 - named like the refusals, so that shells print it alike
    """A setting that cannot be used; the message names the variable and what to write instead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything that differs from one installation to another."""

    #: Where the server is (postgresql://...), or None for the embedded PostgreSQL.
    database_url: str | None
    #: Folder of the embedded database and its log. It need not exist yet.
    data: Path
    #: Folder with the library of retention policies.
    policies: Path
    #: What secrets are sealed under, or None for the file in the data folder.
    secret_key: bytes | None = field(default=None, repr=False)
    #: Whether webhooks may go to this machine.
    webhooks_to_loopback: bool = False


def settings(environ: Mapping[str, str], *, data: Path | None = None) -> Settings:
    """
    Return the settings that `environ` gives.

    `data` is the folder a user asked for (`--data`); without one it is the platform's data folder.
    Raises `BadSetting`.
    """
    return Settings(
        database_url=_database_url(environ),
        data=(data or _platform_data()).expanduser().absolute(),
        policies=policies_path(),
        secret_key=_secret_key(environ),
        webhooks_to_loopback=environ.get(LOOPBACK_VARIABLE, "").strip() == "1",
    )


def policies_path() -> Path:
    """Return the folder of the policy library: inside an installed package, else the checkout's."""
    package = Path(__file__).parent
    installed = package / "policies"
    return installed if installed.is_dir() else package.parent.parent / "policies"


def _platform_data() -> Path:
    # Root's home is closed to the account that runs PostgreSQL for root.
    return ROOTS_DATA if os.geteuid() == 0 else user_data_path("baohao")


def _database_url(environ: Mapping[str, str]) -> str | None:
    # An empty variable is how shells and compose files say "not set".
    url = environ.get(DATABASE_URL_VARIABLE, "").strip()
    if not url:
        return None
    if not url.startswith(("postgresql://", "postgres://")):
        # The value is not repeated: it may hold a password.
        raise BadSetting(
            f"{DATABASE_URL_VARIABLE} must start with postgresql://, "
            "for example postgresql://baohao@127.0.0.1:5432/baohao"
        )
    return url


def _secret_key(environ: Mapping[str, str]) -> bytes | None:
    text = environ.get(SECRET_KEY_VARIABLE, "").strip()
    if not text:
        return None
    try:
        key = b64decode(text.translate(str.maketrans("-_", "+/")), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        # Nor is this value repeated.
        raise BadSetting(
            f"{SECRET_KEY_VARIABLE} must be 32 bytes in base64: head -c 32 /dev/urandom | base64"
        )
    return key
