"""
Signatures and sealed texts as others publish them, by the primitives as they are called here.

Some are Wycheproof's (github.com/C2SP/wycheproof, Apache-2.0, testvectors_v1: the file and tcId
stand beside each), one is of RFC 6979, A.2.5. What Wycheproof tries of a signature's padding and of
its numbers is made anew over our own messages, so that it goes through the adapters as a whole.
WeChat Pay's own are in tests/wire/test_wechat_notices.py.
"""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from hashlib import sha1, sha256, sha512
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from tests.payments.gates import NOTIFY_PATH, contract, keys
from tests.shop.receipts import issuer
from tests.wire.test_wechat_notices import NONCE, SIGNATURE, TIME, TOLD, gateway
from tests.wire.wechat import NOON, ring

from baohao.app.ports import NoticeRefused, TokenForged
from baohao.outside.acquirer import Acquirer

# --- RSA, PKCS #1 v1.5, SHA-256 -------------------------------------------------------------------

#: rsa_signature_2048_sha256_test.json
MODULUS = int(
    "a2b451a07d0aa5f96e455671513550514a8a5b462ebef717094fa1fee82224e637f9746d3f7cafd31878d80325b6ef5a"
    "1700f65903b469429e89d6eac8845097b5ab393189db92512ed8a7711a1253facd20f79c15e8247f3d3e42e46e48c98e"
    "254a2fe9765313a03eff8f17e1a029397a1fa26a8dce26f490ed81299615d9814c22da610428e09c7d9658594266f5c0"
    "21d0fceca08d945a12be82de4d1ece6b4c03145b5d3495d4ed5411eb878daf05fd7afc3e09ada0f1126422f590975a19"
    "69816f48698bcbba1b4d9cae79d460d8f9f85e7975005d9bc22c4e5ac0f7c1a45d12569a62807d3b9a02e5a530e77306"
    "6f453d1f5b4c2e9cf7820283f742b9d5",
    16,
)
#: tcId: message, signature, whether it is one.
RSA = {
    1: (
        "",
        (
            "840f5dac53106dd1f9c57219224cf51289290c42f20466875ba8e830ac5690e541536fcc8ab03b731f82bf66d83f194e"
            "7e180b3963ec7a2f3f7904a7ce49aed47da4d4b79421eaf937d301b3e696169297b797c32c076a12be4de0b58e003c51"
            "23051a84a10c62f8dac2f42a8640008eb3c7cccd6760ff5b51b689763922582845f048fb8150e5a7a6ca2eccc7bdc853"
            "49ad5b26c52137a79fa3fe5c29ab5cd7615013219c1941b6708e9c3c23feff5febaf0c8ebca5750b54e3e6e99a3e876b"
            "396f27860b7f3ec4e9191703c6332d944f6f69751167680c79c4f6b57f1cc8755d24b6ec158ccdbacdb23107a33cb6b3"
            "32516c13274d1f9dccc21dced869e486"
        ),
        True,
    ),
    3: (
        "54657374",
        (
            "264491e844c119f14e425c03282139a558dcdaeb82a4628173cd407fd319f9076eaebc0dd87a1c22e4d17839096886d5"
            "8a9d5b7f7aeb63efec56c45ac7bead4203b6886e1faa90e028ec0ae094d46bf3f97efdd19045cfbc25a1abda2432639f"
            "9876405c0d68f8edbf047c12a454f7681d5d5a2b54bd3723d193dbad4338baad753264006e2d08931c4b8bb79aa1c9ca"
            "d10eb6605f87c5831f6e2b08e002f9c6f21141f5841d92727dd3e1d99c36bc560da3c9067df99fcaf818941f72588be3"
            "3032bad22caf6704223bb114d575b6d02d9d222b580005d930e8f40cce9f672eebb634a20177d84351627964b83f2053"
            "d736a84ab1a005f63bd5ba943de6205c"
        ),
        True,
    ),
    #: The NULL is missing: "acceptable" there, and refused here.
    8: (
        "313233343030",
        (
            "095dad1fd82bcd36652a381b7f4dd656bd89b40aa58b56da4f6aa8247874b935e65d2b86752d537df7103884d39dd9ad"
            "3d65f87404526b09094c5615c6249979b0dc58d2199ae8696a5b76b4bb03eaf08c2ab6aec686c6b1b289c9b44f648bd3"
            "0cb1ac6a64a73d68e59cd05e7aa1b780f4bfd7b83dfe3b884ec11821a93dc5bbb47a00eea4557b6b96b5656276001f1f"
            "295ddbbbc511a99b9a665b9c2674c8af0d812286d0be3ce74817ba2cad283757de35dfb149f2835f60cb03ff155524a5"
            "7f78b148feceb84cd20b0ae22e3e48f433fbd9bfd60be8afec93165ee0310be961d3695f309d031320c830aa6ba08b5a"
            "51d943797097c57630be391bd23736cc"
        ),
        False,
    ),
    #: The length of its digestInfo is in the long form.
    9: (
        "313233343030",
        (
            "8a0e82d4f334aca72a718b6f8f643f69c6048d619d5eba71263a5d2d3ac7a7af133b780c7595ca2c982c006e861948f5"
            "43cd0210c758691f9626842c25de2843ea314ca8eff285d47e0cffa54180af416004017034962a80a5959c3d3f1bfc15"
            "4a4824462a93c014f6dfe920824f414a6e30e0e5944d480b99949ec7bf64c4a7461575933b17d7d6b0178b5192392ace"
            "3ed8469e8ac1dacae51ad5d3ad73dcb213e056d04596e64d8c0703def3110c7cecc93ba8ac8059f0f3d66b89d8712c62"
            "b41d407e4b4a104f4569558b0290c213cad6d0653898b9df8f4a453ab07d13bfb7598d505abbd0c4987e4f1ac66e1a52"
            "3e113e370ab7cf990f0cc63f50f4f0a4"
        ),
        False,
    ),
}


@pytest.mark.parametrize("case", RSA)
def test_rsa_as_it_is_published(case: int) -> None:
    message, signature, is_one = RSA[case]
    key = RSAPublicNumbers(65_537, MODULUS).public_key()

    def judged() -> bool:
        try:
            key.verify(bytes.fromhex(signature), bytes.fromhex(message), PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True

    assert judged() is is_one


#: What stands before a SHA-256 in a signature (RFC 8017, 9.2).
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
SIZE = 256


def _block(info: bytes, *, kind: bytes = b"\0\1", fill: bytes = b"\xff") -> bytes:
    return kind + fill * (SIZE - len(kind) - 1 - len(info)) + b"\0" + info


def _raw(key: RSAPrivateKey, block: bytes) -> bytes:
    """Sign whatever stands in a block."""
    private = key.private_numbers()
    found = pow(int.from_bytes(block), private.d, private.public_numbers.n)
    return found.to_bytes(SIZE)


def forged(key: RSAPrivateKey, message: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield signatures that are none, as Wycheproof has them, by the owner of the key itself."""
    digest = sha256(message).digest()
    whole, n = SHA256_INFO + digest, key.public_key().public_numbers().n
    good = int.from_bytes(_raw(key, _block(whole)))
    blocks = {
        "the NULL is missing": _block(bytes.fromhex("302f300b06096086480165030402010420") + digest),
        "a length in the long form": _block(b"\x30\x81" + whole[1:]),
        "a length with a leading 0": _block(b"\x30\x82\0" + whole[1:]),
        "an indefinite length": _block(b"\x30\x80" + whole[2:] + b"\0\0"),
        "something after the digest": _block(whole + b"\0"),
        "a short padding, and rubbish": (
            b"\0\1" + b"\xff" * 8 + b"\0" + whole + b"x" * (SIZE - 11 - len(whole))
        ),
        "rubbish in the parameters": _block(
            b"\x30\x33\x30\x0f" + whole[4:15] + b"\x04\x02xx" + whole[17:]
        ),
        "no digestInfo": _block(digest),
        "no digest": _block(b""),
        "another digest's name": _block(whole[:14] + b"\x03" + whole[15:]),
        "SHA-1": _block(bytes.fromhex("3021300906052b0e03021a05000414") + sha1(message).digest()),
        "SHA-512": _block(
            bytes.fromhex("3051300d060960864801650304020305000440") + sha512(message).digest()
        ),
        "type 0": _block(whole, kind=b"\0\0"),
        "type 2": _block(whole, kind=b"\0\2"),
        "a first byte that is not 0": _block(whole, kind=b"\1\1"),
        "a padding of zeros": _block(whole, fill=b"\0"),
        "a padding of others": _block(whole, fill=b"\xfe"),
    }
    yield from ((name, _raw(key, block)) for name, block in blocks.items())
    yield "PSS", key.sign(message, PSS(MGF1(SHA256()), 32), SHA256())
    for name, number in {"0": 0, "1": 1, "n - 1": n - 1, "n": n, "its negative": n - good}.items():
        yield name, number.to_bytes(SIZE)
    yield "n more", (good + n).to_bytes(SIZE + 1)
    yield "a leading 0", good.to_bytes(SIZE + 1)
    yield "a 0 behind", good.to_bytes(SIZE) + b"\0"
    yield "one byte", b"\0"


#: What is signed, and what judges a signature of it.
Notice = tuple[bytes, Callable[[bytes], object]]


def _wechat() -> Notice:
    headers, body = ring().notice("TRANSACTION.SUCCESS", TOLD, NOON)
    message = f"{headers[TIME]}\n{headers[NONCE]}\n".encode() + body + b"\n"
    wechat = gateway()

    def judge(signature: bytes) -> object:
        signed = {**headers, SIGNATURE: b64encode(signature).decode()}
        return wechat.notice(signed, body, NOON)

    return message, judge


def _acquirer() -> Notice:
    body = (
        b'{"event":"payment.paid","merchant":"M-1","orderRef":"1","status":"PAID","txn":"T1",'
        b'"amount":{"value":"8800","currency":"MOP"},"wallet":"mpay",'
        b'"paidAt":"2026-11-27T04:00:00Z"}'
    )
    at, acquirer = NOON.strftime("%Y-%m-%dT%H:%M:%SZ"), Acquirer(contract(), lambda: NOON)

    def judge(signature: bytes) -> object:
        text = urlsafe_b64encode(signature).decode().rstrip("=")
        headers = {"X-Client": "C-1", "X-Time": at, "X-Signature": f"RS256;acq-1;{text}"}
        return acquirer.notice(headers, body, NOON)

    return f"POST {NOTIFY_PATH}\nC-1.{at}.".encode() + body, judge


@pytest.mark.parametrize(
    ("notice", "key"), [(_wechat, lambda: ring().theirs), (_acquirer, lambda: keys().theirs)]
)
def test_a_gateways_signature_has_one_form(
    notice: Callable[[], Notice], key: Callable[[], RSAPrivateKey]
) -> None:
    signer, (message, judge) = key(), notice()
    judge(signer.sign(message, PKCS1v15(), SHA256()))
    judge(_raw(signer, _block(SHA256_INFO + sha256(message).digest())))
    tried = dict(forged(signer, message))
    assert len(tried) == 27
    for signature in tried.values():
        with pytest.raises(NoticeRefused, match=r"signature"):
            judge(signature)


# --- AES-256-GCM ----------------------------------------------------------------------------------

#: aes_gcm_test.json: tcId: key, nonce, associated data, text, sealed text, tag.
GCM = {
    116: (
        "0f112e59cdccd851c3b8e76c9f05a3b7c2e4feca5846afeb351c1cbcace82f04",
        "7147973339d86789a2c9a958",
        (
            "37128be45f0a7f329546e1492c3c9c2d2534d5b1f5147e49ab91221e7c3edea2"
            "1bbe47bfe3619437ce3c61e6e946c504f348296918219e51bf2c5598589cff"
        ),
        "102e5804dda1fb5d656077edb15cadb5d0bdee8c",
        "618ac626ae0e8d06c2fd2fb66be253dc26ed6e38",
        "d8d93ff975cb988f09174dcd439cb6a4",
    ),
    117: (
        "2ce6b4c15f85fb2da5cc6c269491eef281980309181249ebf2832bd6d0732d0b",
        "c064fae9173b173fd6f11f34",
        (
            "498d3075b09fed998280583d61bb36b6ce41f130063b80824d1586e143d349b1"
            "26b16aa10fe57343ed223d6364ee602257fe313a7fc9bf9088f027795b8dc1d3"
        ),
        "f8a27a4baf00dc0555d222f2fa4fb42dc666ea3c",
        "aed58d8a252f740dba4bf6d36773bd5b41234bba",
        "01f93d7456aa184ebb49bea472b6d65d",
    ),
}


@pytest.mark.parametrize("case", GCM)
def test_aes_gcm_as_it_is_published(case: int) -> None:
    key, nonce, said, text, sealed, tag = map(bytes.fromhex, GCM[case])
    judge = AESGCM(key)
    assert judge.decrypt(nonce, sealed + tag, said) == text
    # What Wycheproof calls ModifiedTag: each bit flipped, all of them, none at all, cut short.
    tags = [
        bytes([*tag[:n], tag[n] ^ 1 << bit, *tag[n + 1 :]]) for n in range(16) for bit in range(8)
    ]
    tags += [bytes(each ^ 0xFF for each in tag), bytes(16), b"\xff" * 16, tag[:12], tag[:15], b""]
    for other in tags:
        with pytest.raises((InvalidTag, ValueError)):
            judge.decrypt(nonce, sealed + other, said)


# --- ECDSA over P-256, SHA-256 --------------------------------------------------------------------

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def test_ecdsa_as_it_is_published() -> None:
    x, y, r, s = (
        int(text, 16)
        for text in (
            "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
            "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
            "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
        )
    )
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    key.verify(encode_dss_signature(r, s), b"sample", ec.ECDSA(SHA256()))
    for numbers in ((r, s + 1), (s, r), (r + 1, s), (r + N, s), (r, s + N), (r, 0), (0, s)):
        with pytest.raises(InvalidSignature):
            key.verify(encode_dss_signature(*numbers), b"sample", ec.ECDSA(SHA256()))


def test_a_token_with_special_numbers_is_none(tmp_path: Path) -> None:
    """ecdsa_secp256r1_sha256_p1363_test.json, tcIds 11 to 66, over a token of ours."""
    signing = issuer(tmp_path)
    token = signing.token(b"[1]")
    head, _, _ = token.rpartition(".")
    assert signing.read(token) == b"[1]"
    special = (0, 1, N - 1, N, N + 1, P, P + 1, 2**256 - 1)
    for r in special:
        for s in special:
            signature = r.to_bytes(32) + s.to_bytes(32)
            text = urlsafe_b64encode(signature).decode().rstrip("=")
            with pytest.raises(TokenForged):
                signing.read(f"{head}.{text}")
