"""
What a pretended WeChat Pay signs and seals, and how it holds our requests against our signature.

It asks `cryptography` and nothing that the adapter uses: two who err alike would not notice.
"""

from __future__ import annotations

import json
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from baohao.outside.wechat_pay.messages import PROBE, SCHEME, Merchant

#: Invented, in the shape of real ones.
MCHID, SERIAL = "1900000109", "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB"
PLATFORM_KEY = "PUB_KEY_ID_0119000001092026112700112400000001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """Its key, the merchant's, and that of somebody who would like to be it."""

    theirs: RSAPrivateKey
    ours: RSAPrivateKey
    forgers: RSAPrivateKey
    apiv3_key: str

    @classmethod
    def new(cls) -> Self:
        """Make new keys."""
        theirs, ours, forgers = (generate_private_key(65_537, 2048) for _ in range(3))
        return cls(theirs=theirs, ours=ours, forgers=forgers, apiv3_key=secrets.token_hex(16))

    def merchant(self, sub_mchid: str = "") -> Merchant:
        """Return what a merchant is given."""
        return Merchant(
            mchid=MCHID,
            appid="wx8888888888888888",
            sub_mchid=sub_mchid,
            serial=SERIAL,
            private_key=self.ours.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            apiv3_key=self.apiv3_key,
            platform_keys={
                PLATFORM_KEY: self.theirs.public_key().public_bytes(
                    Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
                )
            },
        )

    def signed(self, body: bytes, at: int, fault: str = "") -> tuple[dict[str, str], bytes]:
        """Sign a body, or let that go wrong; return the headers and the body."""
        if fault == "old":
            at -= 3600
        nonce = secrets.token_hex(16)
        key = self.forgers if fault in ("forged", "unknown_key") else self.theirs
        text = b"%d\n%s\n%s\n" % (at, nonce.encode(), body)
        signature = b64encode(key.sign(text, PKCS1v15(), SHA256())).decode()
        headers = {
            "Wechatpay-Timestamp": str(at),
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": "UNKNOWN" if fault == "unknown_key" else PLATFORM_KEY,
            "Wechatpay-Signature": f"{PROBE}{signature}" if fault == "probe" else signature,
            "Wechatpay-Signature-Type": SCHEME,
        }
        if fault == "tampered":
            body = body[:-1] + b" " + body[-1:]
        return ({} if fault == "unsigned" else headers), body

    def notice(
        self, event: str, told: Mapping[str, Any], now: datetime, fault: str = ""
    ) -> tuple[dict[str, str], bytes]:
        """Return the headers and the body of a notice."""
        told = json.loads(json.dumps(told))
        if fault == "wrong_amount":
            told["amount"]["refund" if "REFUND" in event else "total"] += 1
        if fault == "other_currency":
            told["amount"]["currency"] = "XAF"
        nonce, context = secrets.token_hex(6), event.partition(".")[0].lower()
        plain = json.dumps(told, ensure_ascii=False).encode()
        sealed = AESGCM(self.apiv3_key.encode()).encrypt(nonce.encode(), plain, context.encode())
        body = {
            "id": f"EV-{secrets.token_hex(8)}",
            "create_time": now.isoformat(timespec="seconds"),
            "event_type": event,
            "resource_type": "encrypt-resource",
            "summary": "支付成功" if event == "TRANSACTION.SUCCESS" else "退款",
            "resource": {
                "original_type": context,
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": b64encode(sealed).decode(),
                "associated_data": context,
                "nonce": nonce,
            },
        }
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return self.signed(text, int(now.timestamp()), fault)

    def authorized(self, method: str, target: str, body: bytes, header: str) -> int:
        """Hold a request against our signature; return its time, 0: it is not ours."""
        scheme, _, rest = header.partition(" ")
        said = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        if (scheme, said.get("mchid"), said.get("serial_no")) != (
            SCHEME,
            MCHID,
            SERIAL,
        ):
            return 0
        text = f"{method}\n{target}\n{said['timestamp']}\n{said['nonce_str']}\n".encode() + body
        try:
            self.ours.public_key().verify(
                b64decode(said["signature"], validate=True), text + b"\n", PKCS1v15(), SHA256()
            )
        except (InvalidSignature, ValueError):
            return 0
        return int(said["timestamp"])
