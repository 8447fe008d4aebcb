"""
Sealing: secrets that we must be able to read again, such as those that sign webhooks.

AES-256-GCM under one key of the house, which is not in the database; what a secret is for is sealed
in with it, so that a row copied elsewhere does not open. A sealed text names its key.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from baohao.app.ports import SealBroken, Seals
from baohao.outside.key_files import read_or_make

KEY_BYTES, NONCE_BYTES = 32, 12
#: How sealed texts of this shape begin.
_SHAPE = "s1"


class SealsOfHouse:
    """Seals under the key of the house; the adapter of `Seals`."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes")
        self._cipher = AESGCM(key)
        self._name = sha256(b"baohao key\0" + key).hexdigest()[:8]
        # One key for one use: what signs is no key that seals.
        self._signing = hmac.digest(key, b"baohao signing", sha256)

    def seal(self, plain: str, context: str) -> str:
        """Seal a secret; it opens in the same context only."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, plain.encode(), context.encode())
        return f"{_SHAPE}.{self._name}.{urlsafe_b64encode(nonce + sealed).decode()}"

    def unseal(self, sealed: str, context: str) -> str:
        """Return what was sealed; raises `SealBroken`."""
        shape, _, rest = sealed.partition(".")
        name, _, text = rest.partition(".")
        if (shape, name) != (_SHAPE, self._name):
            raise SealBroken()
        try:
            data = urlsafe_b64decode(text)
            nonce, closed = data[:NONCE_BYTES], data[NONCE_BYTES:]
            return self._cipher.decrypt(nonce, closed, context.encode()).decode()
        except (InvalidTag, ValueError):
            raise SealBroken() from None

    def sign(self, text: bytes) -> bytes:
        """Return the HMAC-SHA256 of a text, under a key that follows from the house's."""
        return hmac.digest(self._signing, text, sha256)


class VaultOfHouse:
    """Seals under a key of each person; the adapter of `Vault`."""

    def __init__(self, house: Seals) -> None:
        self._house = house

    def new_key(self, context: str) -> str:
        """Return a new key, sealed under the house's."""
        return self._house.seal(secrets.token_hex(KEY_BYTES), context)

    def seal(self, key: str, plain: str, context: str) -> str:
        """Seal a text under a person's key."""
        return self._of(key, context).seal(plain, context)

    def unseal(self, key: str, sealed: str, context: str) -> str:
        """Return what was sealed; raises `SealBroken`."""
        return self._of(key, context).unseal(sealed, context)

    def _of(self, key: str, context: str) -> SealsOfHouse:
        return SealsOfHouse(bytes.fromhex(self._house.unseal(key, context)))


def key_of(file: Path) -> bytes:
    """Return the key in a file, which is made where there is none; of two makers one wins."""
    made = read_or_make(file, lambda: urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
    return urlsafe_b64decode(made.strip())
