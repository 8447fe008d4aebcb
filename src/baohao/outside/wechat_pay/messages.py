"""
What WeChat Pay and its merchants sign and seal (APIv3): requests, answers, notices.

The library signs, verifies and opens. What it leaves out is here: the bytes as they came, keys that
are at hand and no others, a window of time, one way to write a signature.
https://pay.weixin.qq.com/doc/v3/merchant/4013053420 and, of its probes, 4016241880.
"""

from __future__ import annotations

import re
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from wechatpayv3.utils import aes_decrypt, build_authorization, rsa_sign, rsa_verify

from baohao.app.ports import NoticeRefused

#: How far a message's time may be from ours, either way (seconds): theirs is the rule.
WINDOW_S = 300
#: With signatures that begin so they try out whether somebody looks at signatures at all.
PROBE = "WECHATPAY/SIGNTEST/"
SCHEME = "WECHATPAY2-SHA256-RSA2048"

_TIMESTAMP = re.compile(r"[1-9][0-9]{0,11}")
_STAMPED = re.compile(r'timestamp="([0-9]+)"')
#: No line's end among them: nobody moves the border between a nonce and a body.
_NONCE = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """Who we are at WeChat Pay, and the keys of both sides."""

    mchid: str
    appid: str
    #: The merchant for whom an institution acts that has the two above; empty: we are ourselves.
    sub_mchid: str = ""
    #: Of our API certificate.
    serial: str
    #: Its private key, in PEM.
    private_key: bytes = field(repr=False)
    #: 32 bytes, as they were set in the merchant platform.
    apiv3_key: str = field(repr=False)
    #: Theirs, by serial or id: public keys or certificates, in PEM.
    platform_keys: Mapping[str, bytes] = field(repr=False)


class Keys:
    """The keys of a merchant, ready for use; raises ValueError where one cannot be read."""

    def __init__(self, merchant: Merchant) -> None:
        self._merchant = merchant
        self._private_key = load_pem_private_key(merchant.private_key, None)
        self._theirs = {name: _public_key(pem) for name, pem in merchant.platform_keys.items()}
        #: Which of their keys they are to answer with.
        self.asked_for = next(iter(self._theirs))

    # --- what we send -----------------------------------------------------------------------------

    def authorization(self, method: str, path: str, body: str) -> tuple[str, int]:
        """Return the header that signs a request, and the time that stands in it."""
        made: str = build_authorization(
            path, method, self._merchant.mchid, self._merchant.serial, self._private_key, body
        )
        stamped = _STAMPED.search(made)
        return made, int(stamped[1]) if stamped else 0

    def stamp(self) -> str:
        """Return the time that is written into what is signed."""
        # Held against their clock, which knows nothing of what a demo adds to ours.
        return str(int(time.time()))  # noqa: TID251

    def signed(self, *lines: str) -> str:
        """Return the signature of some lines."""
        return str(rsa_sign(self._private_key, "".join(f"{line}\n" for line in lines)))

    # --- what they send ---------------------------------------------------------------------------

    def verify(self, headers: Mapping[str, str], body: bytes, at: int) -> None:
        """Hold a message against its signature and a time; raises `NoticeRefused`."""
        said = {name.lower(): value for name, value in headers.items()}
        serial, timestamp, nonce, signature = (
            said.get(f"wechatpay-{name}", "")
            for name in ("serial", "timestamp", "nonce", "signature")
        )
        if signature.startswith(PROBE):
            raise NoticeRefused(reason="it is a probe")
        if said.get("wechatpay-signature-type", SCHEME) != SCHEME:
            raise NoticeRefused(reason="it is signed in another way")
        key = self._theirs.get(serial)
        if key is None:
            # Never fetched from here: whoever sends notices would have us call out at will.
            raise NoticeRefused(reason="its key is not at hand")
        # Time before signature: what is old costs no RSA.
        self._check_time(timestamp, at)
        self._check_form(signature)
        text = self._text(body)
        if not _NONCE.fullmatch(nonce) or not rsa_verify(timestamp, nonce, text, signature, key):
            raise NoticeRefused(reason="the signature is wrong")

    def opened(self, nonce: str, sealed: str, context: str) -> str:
        """Return what was sealed under the APIv3 key; raises `NoticeRefused`."""
        try:
            plain = aes_decrypt(nonce, sealed, context, self._merchant.apiv3_key)
        except ValueError:
            plain = None
        if not isinstance(plain, str):
            raise NoticeRefused(reason="it does not open under the APIv3 key")
        return plain

    def _check_time(self, timestamp: str, at: int) -> None:
        if not _TIMESTAMP.fullmatch(timestamp) or abs(int(timestamp) - at) > WINDOW_S:
            raise NoticeRefused(reason="its time is not now")

    def _check_form(self, signature: str) -> None:
        """Refuse base64 that says the same in another way, as its last letter often can."""
        try:
            canonical = b64encode(b64decode(signature, validate=True)).decode()
        except ValueError:
            canonical = ""
        if not signature or canonical != signature:
            raise NoticeRefused(reason="the signature is not written as it must be")

    def _text(self, body: bytes) -> str:
        """Return a body as text that becomes the same bytes again."""
        try:
            return body.decode()
        except UnicodeDecodeError:
            raise NoticeRefused(reason="it is no text") from None


def _public_key(pem: bytes) -> RSAPublicKey:
    """Read a public key, alone or in a certificate."""
    certified = b"CERTIFICATE" in pem
    key = load_pem_x509_certificate(pem).public_key() if certified else load_pem_public_key(pem)
    if not isinstance(key, RSAPublicKey):
        raise ValueError("it is no RSA key")
    return key
