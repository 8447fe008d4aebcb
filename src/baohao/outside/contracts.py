"""Contracts with gateways, read from files that only the house can read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from baohao.core.refusals import Refusal
from baohao.outside.acquirer import NAME, Contract


class ContractRefused(Refusal):
    """The contract {file} cannot be read: {reason}."""

    code = "payment.contract"


def acquirer(file: Path, notify_url: str) -> Contract:
    """
    Read a contract with an acquirer; raises `ContractRefused`.

    A TOML file with `url`, `client`, `merchant`, `serial`, `key` (a file beside it, our private key
    as PEM) and the table `their_keys` (serial to such a file, public).
    """
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
        key = load_pem_private_key((file.parent / said["key"]).read_bytes(), None)
        theirs = {
            serial: load_pem_public_key((file.parent / name).read_bytes())
            for serial, name in said["their_keys"].items()
        }
        rsa = {serial: each for serial, each in theirs.items() if isinstance(each, RSAPublicKey)}
        if not isinstance(key, RSAPrivateKey) or len(rsa) < len(theirs):
            raise ValueError("its keys must be RSA keys")
        return Contract(
            url=_private(str(said["url"])),
            client=str(said["client"]),
            merchant=str(said["merchant"]),
            key=key,
            serial=str(said["serial"]),
            their_keys=rsa,
            notify_path=f"{urlsplit(notify_url).path}/{NAME}",
        )
    except KeyError as missing:
        raise ContractRefused(file=file.name, reason=f"{missing} is missing") from None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ContractRefused(file=file.name, reason=type(error).__name__) from error


def _private(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError("what is paid must not travel in the clear")
    return url
