"""
A parcel: some files in one, for whoever carries a home elsewhere; closed by a passphrase if wanted.

Without one it is a plain tar. With one, a head and then pieces of a tar, each sealed by AES-256-GCM
under a key that scrypt makes of the passphrase and of 16 random bytes. A piece's nonce is its
number and whether it is the last, so that none is left out, doubled, moved or cut off unseen.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from baohao.core.refusals import Refusal

HEAD = b"baohao parcel 1\n"
SALT_BYTES, TAG_BYTES, PIECE_BYTES = 16, 16, 1 << 20
#: 64 MiB and some tenths of a second for each guess.
SCRYPT = {"length": 32, "n": 1 << 16, "r": 8, "p": 1}


class ParcelUnfit(Refusal):
    """{file} is no backup of a home, or was cut off: take another."""

    code = "parcel.unfit"


class ParcelClosed(Refusal):
    """{file} is closed by a passphrase: say it (--passphrase-file, or type it when asked)."""

    code = "parcel.closed"


class WrongPassphrase(Refusal):
    """That passphrase does not open {file}, or the file was changed."""

    code = "parcel.passphrase"


def is_closed(file: Path) -> bool:
    """Say whether a parcel is closed by a passphrase."""
    with file.open("rb") as held:
        return held.read(len(HEAD)) == HEAD


def pack(files: Mapping[str, Path], file: Path, passphrase: str) -> None:
    """Put files into a parcel that we alone can read; an older one is replaced by a whole one."""
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    try:
        with part.open("wb") as out:
            sealed = _Sealed(out, passphrase) if passphrase else None
            target: Any = sealed or out
            with tarfile.open(fileobj=target, mode="w|") as tar:
                for name, path in files.items():
                    tar.add(path, name, recursive=False, filter=_plain)
            if sealed is not None:
                sealed.finish()
            out.flush()
            os.fsync(out.fileno())
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)


def unpack(file: Path, folder: Path, names: frozenset[str], passphrase: str) -> list[str]:
    """
    Take those of `names` that are in a parcel out into a folder, and return which they were.

    Raises `ParcelUnfit`, `ParcelClosed` and `WrongPassphrase`.
    """
    if is_closed(file) and not passphrase:
        raise ParcelClosed(file=str(file))
    found = []
    try:
        with file.open("rb") as held:
            opened: Any = _Opened(held, passphrase) if is_closed(file) else held
            with tarfile.open(fileobj=opened, mode="r|") as tar:
                for member in tar:
                    # A name says where; only those that we know are taken.
                    source = tar.extractfile(member) if member.isfile() else None
                    if member.name in names and source is not None:
                        _write(folder / member.name, source)
                        found.append(member.name)
    except InvalidTag:
        raise WrongPassphrase(file=str(file)) from None
    except (tarfile.TarError, EOFError):
        raise ParcelUnfit(file=str(file)) from None
    return found


class _Sealed:
    """What is written is sealed piece by piece."""

    def __init__(self, out: BinaryIO, passphrase: str) -> None:
        salt = secrets.token_bytes(SALT_BYTES)
        out.write(HEAD + salt)
        self._out, self._cipher = out, _cipher(passphrase, salt)
        self._waiting, self._count = bytearray(), 0

    def write(self, data: bytes) -> int:
        self._waiting += data
        # The last piece is known when no more comes: one is always kept back.
        while len(self._waiting) > PIECE_BYTES:
            self._put(bytes(self._waiting[:PIECE_BYTES]), is_last=False)
            del self._waiting[:PIECE_BYTES]
        return len(data)

    def finish(self) -> None:
        self._put(bytes(self._waiting), is_last=True)

    def _put(self, piece: bytes, *, is_last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._count, is_last=is_last), piece, HEAD))
        self._count += 1


class _Opened:
    """Reads what `_Sealed` has written; raises `InvalidTag`."""

    def __init__(self, held: BinaryIO, passphrase: str) -> None:
        held.read(len(HEAD))
        self._held, self._cipher = held, _cipher(passphrase, held.read(SALT_BYTES))
        self._ready, self._count = bytearray(), 0
        self._next = held.read(PIECE_BYTES + TAG_BYTES)

    def read(self, size: int = -1) -> bytes:
        while self._next and (size < 0 or len(self._ready) < size):
            piece, self._next = self._next, self._held.read(PIECE_BYTES + TAG_BYTES)
            nonce = _nonce(self._count, is_last=not self._next)
            self._ready += self._cipher.decrypt(nonce, piece, HEAD)
            self._count += 1
        end = len(self._ready) if size < 0 else size
        taken = bytes(self._ready[:end])
        del self._ready[:end]
        return taken


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, **SCRYPT).derive(passphrase.encode()))


def _nonce(count: int, *, is_last: bool) -> bytes:
    return count.to_bytes(11, "big") + bytes([is_last])


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Say nothing of whose files they were."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _write(file: Path, source: IO[bytes]) -> None:
    file.touch(mode=0o600)
    with file.open("wb") as out:
        shutil.copyfileobj(source, out)
