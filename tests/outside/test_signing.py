"""What the issuer signs is known again, and nothing else is: not with one bit turned."""

from __future__ import annotations

import random
import re
import stat
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
import typst
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.keys import load_cert_from_pemder, load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from tests.conftest import Campaign
from tests.outside.test_paper import FULL, page
from tests.shop.receipts import printer

from baohao.app.ports import KeyUnfit, TokenForged
from baohao.outside import pades
from baohao.outside.signing import IssuerOfHouse, Verifier

#: In so many flips each byte gets its own.
EVERYWHERE = 10_000
SAID = b'["hall-1/2026/000001","sale","+85366120001"]'


@pytest.fixture
def issuer(tmp_path: Path) -> IssuerOfHouse:
    return IssuerOfHouse(tmp_path / "data", "the house")


@pytest.fixture(scope="module")
def pdf() -> bytes:
    made = typst.compile(b'#set document(title: "t", keywords: ("BH1.k",))\nsafe until 2027')
    assert isinstance(made, bytes)
    return made


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def signed_ranges(pdf: bytes) -> list[range]:
    """The bytes that the signature says it covers."""
    found = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)", pdf)
    assert found is not None
    a, n, b, m = map(int, found.groups())
    assert b + m == len(pdf)
    return [range(a, a + n), range(b, b + m)]


def container(pdf: bytes) -> range:
    """The bytes of the signature itself, without most of the zeros that fill it up."""
    first, second = signed_ranges(pdf)
    filled = len(pdf[: second.start - 1].rstrip(b"0"))
    return range(first.stop, filled + 16)


# --- tokens ---------------------------------------------------------------------------------------


def test_a_token_says_what_it_was_given(issuer: IssuerOfHouse) -> None:
    token = issuer.token(SAID)
    assert issuer.read(token) == SAID
    assert Verifier(issuer.certificates).read(token) == SAID
    assert re.fullmatch(r"[A-Za-z0-9._-]+", token)


def test_a_token_with_any_bit_turned_is_forged(issuer: IssuerOfHouse) -> None:
    token = issuer.token(SAID).encode()
    for bit in range(len(token) * 8):
        with pytest.raises(TokenForged):
            issuer.read(flipped(token, bit).decode("latin-1"))


@pytest.mark.parametrize("other", ["", ".", "...", "BH1.x.y.z", "BH1", "{0}=", "{0}\n", " {0}"])
def test_other_texts_are_no_tokens(issuer: IssuerOfHouse, other: str) -> None:
    with pytest.raises(TokenForged):
        issuer.read(other.format(issuer.token(SAID)))


def test_another_house_is_not_believed(issuer: IssuerOfHouse, tmp_path: Path, pdf: bytes) -> None:
    other = IssuerOfHouse(tmp_path / "other", "the house")
    with pytest.raises(TokenForged):
        issuer.read(other.token(SAID))
    judged = issuer.judge(other.sign(pdf))
    assert (judged.signature, judged.why) == ("bad", "it was signed by somebody else")


# --- PDFs -----------------------------------------------------------------------------------------


def test_a_signed_file_is_good_as_it_is(issuer: IssuerOfHouse, pdf: bytes) -> None:
    judged = issuer.judge(issuer.sign(pdf))
    assert (judged.signature, judged.token) == ("good", "BH1.k")
    assert issuer.judge(pdf).signature == "none"
    assert issuer.judge(b"%PDF-1.7 and nothing").signature == "bad"


@pytest.fixture
def receipt(debian_font: Callable[[str, str], None]) -> bytes:
    """A receipt as people get it, before it is signed."""
    debian_font("Noto Sans CJK HK", "fonts-noto-cjk")
    return printer().pdf(page(FULL))


@pytest.mark.soak
def test_a_receipt_with_any_bit_turned_is_bad(
    issuer: IssuerOfHouse, receipt: bytes, campaign: Callable[[int], Campaign]
) -> None:
    """One bit of each byte in a soak; the signature's own bytes, which it cannot cover, too."""
    signed, drawn = issuer.sign(receipt), campaign(200)
    chance = random.Random(drawn.seed)
    everywhere = range(len(signed))
    own = container(signed)
    some = [*chance.sample(everywhere, drawn.count // 2), *chance.choices(own, k=drawn.count // 2)]
    for place in everywhere if drawn.count >= EVERYWHERE else some:
        bit = place * 8 + chance.randrange(8)
        assert issuer.judge(flipped(signed, bit)).signature != "good", bit


def test_libraries_do_not_mind_bits_of_the_signature_itself(
    issuer: IssuerOfHouse, pdf: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: without our own look at them some pass."""
    signed, chance = issuer.sign(pdf), random.Random(0)
    bits = [chance.choice(container(signed)) * 8 + chance.randrange(8) for _ in range(100)]
    assert not any(issuer.judge(flipped(signed, bit)).signature == "good" for bit in bits)
    monkeypatch.setattr(pades, "_is_ours_to_the_byte", lambda *_: True)
    assert any(issuer.judge(flipped(signed, bit)).signature == "good" for bit in bits)


@pytest.mark.soak
def test_other_programs_see_any_turned_bit_of_what_is_signed(
    issuer: IssuerOfHouse,
    receipt: bytes,
    tmp_path: Path,
    debian_tool: Callable[[str], str],
    campaign: Callable[[int], Campaign],
) -> None:
    signed, drawn = issuer.sign(receipt), campaign(20)
    chance, file = random.Random(drawn.seed), tmp_path / "flipped.pdf"
    covered = [place for part in signed_ranges(signed) for place in part]
    assert len(covered) > len(receipt)
    assert is_sound(issuer, signed)
    for _ in range(drawn.count):
        bit = chance.choice(covered) * 8 + chance.randrange(8)
        changed = flipped(signed, bit)
        assert not is_sound(issuer, changed), bit
        file.write_bytes(changed)
        command = [debian_tool("pdfsig"), str(file)]
        said = subprocess.run(command, capture_output=True, check=False).stdout
        assert b"Signature is Valid" not in said or b"Total document" not in said, bit


def is_sound(issuer: IssuerOfHouse, pdf: bytes) -> bool:
    """What pyHanko's own validator says of a file."""
    root = next(load_certs_from_pemder_data(issuer.certificates))
    try:
        (signature,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
        status = validate_pdf_signature(signature, ValidationContext(trust_roots=[root]))
    except Exception:  # noqa: BLE001 - it cannot even be read
        return False
    return bool(status.bottom_line and status.coverage == SignatureCoverageLevel.ENTIRE_FILE)


@pytest.mark.parametrize("more", [b"\n", b"\n%%EOF\n", b"1 0 obj <<>> endobj\n"])
def test_what_is_added_behind_is_seen(issuer: IssuerOfHouse, pdf: bytes, more: bytes) -> None:
    assert issuer.judge(issuer.sign(pdf) + more).signature == "bad"


def test_the_library_itself_says_that_it_is_sound(
    issuer: IssuerOfHouse, pdf: bytes, tmp_path: Path
) -> None:
    file = str(tmp_path / "data" / "issuer.pem")
    root = load_cert_from_pemder(file)  # type: ignore[no-untyped-call]
    (signature,) = PdfFileReader(BytesIO(issuer.sign(pdf))).embedded_signatures
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=[root]))
    assert status.bottom_line
    assert "INTACT:TRUSTED" in status.summary()


def test_another_program_says_so_too(
    issuer: IssuerOfHouse, pdf: bytes, tmp_path: Path, debian_tool: Callable[[str], str]
) -> None:
    file = tmp_path / "signed.pdf"
    command = [debian_tool("pdfsig"), str(file)]
    file.write_bytes(issuer.sign(pdf))
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    file.write_bytes(flipped(file.read_bytes(), 8 * 700))
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" not in said


# --- keys -----------------------------------------------------------------------------------------


def test_what_earlier_keys_have_signed_stays_good(issuer: IssuerOfHouse, pdf: bytes) -> None:
    token, signed = issuer.token(SAID), issuer.sign(pdf)
    second = issuer.rotate()
    third = second.rotate()
    assert len({issuer.name, second.name, third.name}) == 3
    assert third.read(token) == SAID
    assert third.judge(signed).signature == "good"
    assert third.judge(second.sign(pdf)).signature == "good"
    with pytest.raises(TokenForged):
        issuer.read(third.token(SAID))


def test_the_key_is_made_once_and_is_its_owners_alone(
    issuer: IssuerOfHouse, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    again = IssuerOfHouse(folder, "the house")
    assert (again.name, again.certificates) == (issuer.name, issuer.certificates)
    assert stat.S_IMODE((folder / "issuer.key").stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["issuer.key", "issuer.pem"]


def test_a_rotation_that_ended_half_way_is_taken_up(issuer: IssuerOfHouse, tmp_path: Path) -> None:
    token, folder = issuer.token(SAID), tmp_path / "data"
    new = IssuerOfHouse(tmp_path / "other", "the house")
    (folder / "issuer.key").write_bytes((tmp_path / "other" / "issuer.key").read_bytes())
    after = IssuerOfHouse(folder, "the house")
    assert after.name == new.name
    assert after.read(token) == SAID


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content, why in ((pem, "P-256"), (b"no key", "no private key")):
        (tmp_path / "issuer.key").write_bytes(content)
        with pytest.raises(KeyUnfit, match=why):
            IssuerOfHouse(tmp_path, "the house")
    with pytest.raises(KeyUnfit, match="no certificates"):
        Verifier(b"nothing")
