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

import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import cms, core
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
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    SignatureCoverageLevel,
    validate_pdf_signature,
)
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

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
#: Room for one certificate and one signature; pyHanko would sign twice to find out.
_RESERVED_BYTES = 8192

# It tells at length what is wrong with a file that somebody brings; we answer with its verdict.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


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
        token = ""
        try:
            reader = PdfFileReader(BytesIO(pdf))
            token = str(reader.trailer["/Info"].get("/Keywords", ""))
            signatures = reader.embedded_signatures
            if not signatures:
                return Judged(signature="none", token=token)
            status = validate_pdf_signature(
                signatures[0],
                ValidationContext(trust_roots=list(map(_asn1, self._certificates))),
            )
            whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
            whole = whole and self._is_ours_to_the_byte(pdf, signatures[0])
            is_good = len(signatures) == 1 and whole and status.bottom_line
            why = "" if is_good else _why(status.intact and status.valid and whole)
        except Exception as broken:  # noqa: BLE001 - anybody's bytes end in whatever they like
            why = f"it is no PDF that could be read ({type(broken).__name__})"
            return Judged(signature="bad", why=why, token=token)
        return Judged(signature="good" if is_good else "bad", why=why, token=token)

    def _is_ours_to_the_byte(self, pdf: bytes, signature: EmbeddedPdfSignature) -> bool:
        """
        Say whether the signature itself is written as we write it.

        It cannot cover its own bytes, and one container may be written in many ways: 4 in 100 of
        its bits may turn and no library minds.
        """
        known = (_asn1(each) for each in self._certificates)
        by = next((c for c in known if c.dump() == signature.signer_cert.dump()), None)
        start, size, end, _ = signature.byte_range
        written = pdf[start + size : end]
        if by is None:
            return True  # somebody else's: that is told of it
        ours = _container(by, signature.signer_info).hex().upper().encode()
        return written == b"<" + ours.ljust(len(written) - 2, b"0") + b">"


class IssuerOfHouse(Verifier):
    """Signs under the key in a folder; the adapter of `Issuer`."""

    def __init__(self, folder: Path, house: str) -> None:
        file = folder / KEY_FILE
        self._folder, self._house = folder, house
        self._key = _loaded(key_files.read_or_make(file, _new_key), file)
        #: How tokens call the key.
        self.name = _name(self._key.public_key())
        super().__init__(_certificates(folder / CERTIFICATES_FILE, self._key, house))
        # pyHanko reads the key anew for each signature: of P-256 that takes no time.
        self._signer = signers.SimpleSigner(
            signing_cert=_asn1(self._own()),
            signing_key=load_private_key_from_pemder_data(_written(self._key), None),
            cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
        )
        self._meta = signers.PdfSignatureMetadata(
            field_name="Issuer",
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
        )

    def token(self, said: bytes) -> str:
        """Return a short text that proves what it says to whoever has the certificate."""
        r, s = decode_dss_signature(self._key.sign(_TOKENS + said, ec.ECDSA(SHA256())))
        signature = r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")
        return ".".join((_SHAPE, self.name, _encoded(said), _encoded(signature)))

    def sign(self, pdf: bytes) -> bytes:
        """Return a PDF with a signature that allows no change."""
        signer = signers.PdfSigner(self._meta, self._signer)
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        signed: bytes = signer.sign_pdf(writer, bytes_reserved=_RESERVED_BYTES).getvalue()
        return signed

    def rotate(self) -> IssuerOfHouse:
        """Sign by a new key from now on; what earlier ones have signed stays good."""
        key_files.replace(self._folder / KEY_FILE, _new_key())
        return IssuerOfHouse(self._folder, self._house)

    def _own(self) -> x509.Certificate:
        return next(c for c in self._certificates if _name(c.public_key()) == self.name)


def _why(is_intact: bool) -> str:
    return "it was signed by somebody else" if is_intact else "it was changed after it was signed"


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


def _asn1(certificate: x509.Certificate) -> Any:
    """Return a certificate as pyHanko has it."""
    pem = certificate.public_bytes(Encoding.PEM)
    return next(load_certs_from_pemder_data(pem))


def _container(by: Any, signed: Any) -> bytes:
    """Return a signature as we write it: our certificate, what is signed, r and s, nothing else."""
    sha256_ = {"algorithm": "sha256", "parameters": core.Null()}
    signer = {
        "version": "v1",
        "sid": {
            "issuer_and_serial_number": {"issuer": by.issuer, "serial_number": by.serial_number}
        },
        "digest_algorithm": sha256_,
        "signed_attrs": signed["signed_attrs"],
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": encode_dss_signature(*decode_dss_signature(signed["signature"].native)),
    }
    content = {
        "version": "v1",
        "digest_algorithms": [sha256_],
        "encap_content_info": {"content_type": "data"},
        "certificates": [by],
        "signer_infos": [signer],
    }
    made = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)})
    written: bytes = made.dump()
    return written


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    """Read what `_encoded` wrote, and nothing that would only read alike; raises ValueError."""
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _encoded(data) != text:
        raise ValueError("another writing of the same bytes")
    return data
