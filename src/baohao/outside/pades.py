"""
PDF signatures (PAdES B-B): making one that allows no change, and judging those that are brought.

Apart from the rest of signing, for pyHanko and what it loads is needed by few.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from asn1crypto import cms, core
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding
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

from baohao.app.ports import Judged

#: Room for one certificate and one signature; pyHanko would sign twice to find out.
_RESERVED_BYTES = 8192
_SIGNATURE = signers.PdfSignatureMetadata(
    field_name="Issuer",
    md_algorithm="sha256",
    subfilter=SigSeedSubFilter.PADES,
    certify=True,
    docmdp_permissions=MDPPerm.NO_CHANGES,
)

# It tells at length what is wrong with a file that somebody brings; we answer with its verdict.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


def sign(pdf: bytes, certificate: x509.Certificate, key: bytes) -> bytes:
    """Return a PDF with a signature that allows no change."""
    # pyHanko reads the key anew for each signature: of P-256 that takes no time.
    signer = signers.SimpleSigner(
        signing_cert=_asn1(certificate),
        signing_key=load_private_key_from_pemder_data(key, None),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    signed: bytes = (
        signers.PdfSigner(_SIGNATURE, signer)
        .sign_pdf(writer, bytes_reserved=_RESERVED_BYTES)
        .getvalue()
    )
    return signed


def judge(pdf: bytes, certificates: Sequence[x509.Certificate]) -> Judged:
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
            ValidationContext(trust_roots=list(map(_asn1, certificates))),
        )
        whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
        whole = whole and _is_ours_to_the_byte(pdf, signatures[0], certificates)
        is_good = len(signatures) == 1 and whole and status.bottom_line
        why = "" if is_good else _why(status.intact and status.valid and whole)
    except Exception as broken:  # noqa: BLE001 - anybody's bytes end in whatever they like
        why = f"it is no PDF that could be read ({type(broken).__name__})"
        return Judged(signature="bad", why=why, token=token)
    return Judged(signature="good" if is_good else "bad", why=why, token=token)


def _is_ours_to_the_byte(
    pdf: bytes, signature: EmbeddedPdfSignature, certificates: Sequence[x509.Certificate]
) -> bool:
    """
    Say whether the signature itself is written as we write it.

    It cannot cover its own bytes, and one container may be written in many ways: 4 in 100 of
    its bits may turn and no library minds.
    """
    known = (_asn1(each) for each in certificates)
    by = next((c for c in known if c.dump() == signature.signer_cert.dump()), None)
    start, size, end, _ = signature.byte_range
    written = pdf[start + size : end]
    if by is None:
        return True  # somebody else's: that is told of it
    ours = _container(by, signature.signer_info).hex().upper().encode()
    return written == b"<" + ours.ljust(len(written) - 2, b"0") + b">"


def _why(is_intact: bool) -> str:
    return "it was signed by somebody else" if is_intact else "it was changed after it was signed"


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
