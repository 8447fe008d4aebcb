"""
Signing receipts: tokens for QR codes, and PDF signatures (PAdES B-B) that allow no change.

One P-256 key signs both, each over bytes that cannot pass for the other. `issuer.key` has it;
`issuer.pem` has its certificate first and those of earlier keys after it, so what they signed stays
good. Where there is no key one is made, with a certificate of its own making: it proves that the
holder of this folder signed, not who that is. A key and a certificate that a public authority has
issued may take their place.

    BH1.KEY.SAID.SIGNATURE      a token: KEY is how the SHA-256 of the public key begins, the others
                                are base64 for addresses; the signature is r and s, 32 bytes each
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from baohao.app.ports import Judged, KeyUnfit, TokenForged
from baohao.outside import key_files

KEY_FILE, CERTIFICATES_FILE = "issuer.key", "issuer.pem"
_SHAPE = "BH1"
#: Parts what a token's signature covers from all else that the key signs.
_TOKENS = b"baohao receipt\0"
_HALF = 32
#: A receipt is looked at for as long as anybody keeps it, and no clock is asked when a key is made.
_BEGINS = datetime(2020, 1, 1, tzinfo=UTC)
_NO_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


class Verifier:
    """Knows certificates, and judges by them; needs no key and no database."""

    def __init__(self, certificates: bytes, source: str = CERTIFICATES_FILE) -> None:
        try:
            self._certificates = x509.load_pem_x509_certificates(certificates)
        except ValueError:
            raise KeyUnfit(file=source, reason="it has no certificates in PEM") from None
        self.certificates = certificates
        self._keys: dict[str, ec.EllipticCurvePublicKey] = {}
        for certificate in self._certificates:
            key = certificate.public_key()
            if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
                raise KeyUnfit(file=source, reason="a certificate is not for a P-256 key")
            self._keys[_name(key)] = key

    def read(self, token: str) -> bytes:
        """Return what a token says; raises `TokenForged`."""
        try:
            shape, name, said, signature = token.split(".")
            key, what, signed = self._keys[name], _decoded(said), _decoded(signature)
            if shape != _SHAPE or len(signed) != 2 * _HALF:
                raise TokenForged()
            r, s = (int.from_bytes(signed[n : n + _HALF], "big") for n in (0, _HALF))
            key.verify(encode_dss_signature(r, s), _TOKENS + what, ec.ECDSA(SHA256()))
        except (ValueError, KeyError, InvalidSignature):
            raise TokenForged() from None
        return what

    def judge(self, pdf: bytes) -> Judged:
        """Say what the signature of a file proves; whatever the file is, raises nothing."""
        # Loaded by who needs it: what reads PDFs takes long to load, and few commands do.
        from baohao.outside.pades import judge

        return judge(pdf, self._certificates)


class IssuerOfHouse(Verifier):
    """Signs under the key in a folder; the adapter of `Issuer`."""

    def __init__(self, folder: Path, house: str) -> None:
        file = folder / KEY_FILE
        self._folder, self._house = folder, house
        self._key = _loaded(key_files.read_or_make(file, _new_key), file)
        #: How tokens call the key.
        self.name = _name(self._key.public_key())
        super().__init__(_certificates(folder / CERTIFICATES_FILE, self._key, house))

    def token(self, said: bytes) -> str:
        """Return a short text that proves what it says to whoever has the certificate."""
        r, s = decode_dss_signature(self._key.sign(_TOKENS + said, ec.ECDSA(SHA256())))
        signature = r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")
        return ".".join((_SHAPE, self.name, _encoded(said), _encoded(signature)))

    def sign(self, pdf: bytes) -> bytes:
        """Return a PDF with a signature that allows no change."""
        from baohao.outside.pades import sign

        return sign(pdf, self._own(), _written(self._key))

    def rotate(self) -> IssuerOfHouse:
        """Sign by a new key from now on; what earlier ones have signed stays good."""
        key_files.replace(self._folder / KEY_FILE, _new_key())
        return IssuerOfHouse(self._folder, self._house)

    def _own(self) -> x509.Certificate:
        return next(c for c in self._certificates if _name(c.public_key()) == self.name)


def _loaded(pem: bytes, file: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        raise KeyUnfit(file=str(file), reason="it is no private key in PEM") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise KeyUnfit(file=str(file), reason="it is not a P-256 key")
    return key


def _new_key() -> bytes:
    return _written(ec.generate_private_key(ec.SECP256R1()))


def _written(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _certificates(file: Path, key: ec.EllipticCurvePrivateKey, house: str) -> bytes:
    """Return the certificates in a file; one for the key is made where it is missing."""
    kept = file.read_bytes() if file.exists() else b""
    names = [_name(c.public_key()) for c in _each(kept)]
    if _name(key.public_key()) not in names:
        kept = _self_made(key, house).public_bytes(Encoding.PEM) + kept
        key_files.replace(file, kept)
    return kept


def _each(pem: bytes) -> Sequence[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem) if pem.strip() else ()


def _self_made(key: ec.EllipticCurvePrivateKey, house: str) -> x509.Certificate:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, house[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, "Receipts (self-made, not qualified)"),
        ]
    )
    usage = {
        **dict.fromkeys(("digital_signature", "content_commitment"), True),
        **dict.fromkeys(
            (
                *("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign"),
                *("crl_sign", "encipher_only", "decipher_only"),
            ),
            False,
        ),
    }
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGINS)
        .not_valid_after(_NO_END)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .sign(key, SHA256())
    )


def _name(key: CertificatePublicKeyTypes) -> str:
    """Return how a key is called in tokens."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(der).hexdigest()[:8]


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    """Read what `_encoded` wrote, and nothing that would only read alike; raises ValueError."""
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _encoded(data) != text:
        raise ValueError("another writing of the same bytes")
    return data
