"""What the identifier tests draw from: any text, and good identifiers as people write them."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from baohao.core.identifiers.eid import eid_check_digits
from baohao.core.identifiers.hkid import hkid_check_digit
from baohao.core.identifiers.luhn import luhn_digit
from baohao.core.identifiers.mainland_id import mainland_id_check_digit

READ_ON = date(2026, 11, 22)

TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD1 = (
    "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
)
TD1_LONG_NUMBER = (
    "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<"
)
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"


def digits(least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=least if most is None else most)


#: Text that comes close: the characters identifiers are made of, their look-alikes, and poison.
near = st.text(
    "0123456789+-() /<$:.,AaEeFfXxPLl{}'\"０９Ａ（）＋"
    "ſıK٤५\x00\ud800\udfff\ufeff\u202d\u3000\t\r\n",
    max_size=40,
)
anything = st.one_of(near, st.text(max_size=60), st.text(st.characters(), max_size=60))

macau_nationals = st.builds(str.__add__, st.sampled_from("268"), digits(7))
numbers = st.one_of(
    macau_nationals.map("+853".__add__),
    st.builds(str.__add__, st.sampled_from("123456789"), digits(6, 14))
    .filter(lambda number: not number.startswith("853"))
    .map("+".__add__),
)
iccids = digits(16, 17).map(lambda rest: "89" + rest + luhn_digit("89" + rest))
imsis = digits(6, 15)
imeis = digits(14).map(lambda body: body + luhn_digit(body))
eids = digits(30).map(lambda body: body + eid_check_digits(body))
birs = st.builds(str.__add__, st.sampled_from("15708"), digits(7))
hkids = st.builds(
    str.__add__, st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=2), digits(6)
).map(lambda body: body + hkid_check_digit(body))
mainland_ids = st.builds(
    lambda head, region, born, order: f"{head}{region}{born:%Y%m%d}{order}",
    st.sampled_from("123456789"),
    digits(5),
    st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    digits(3),
).map(lambda body: body + mainland_id_check_digit(body))


@st.composite
def flipped(draw: st.DrawFn, good: st.SearchStrategy[str]) -> str:
    """Return a good identifier with one of its digits changed to another."""
    text = draw(good)
    place = draw(st.sampled_from([i for i, c in enumerate(text) if c in "0123456789"]))
    other = draw(st.sampled_from([c for c in "0123456789" if c != text[place]]))
    return text[:place] + other + text[place + 1 :]


@st.composite
def written(draw: st.DrawFn, good: st.SearchStrategy[str]) -> tuple[str, str]:
    """Return a good identifier, and the same as people write it: blanks, hyphens, full width."""
    canonical = draw(good)
    wide = draw(st.booleans())
    text = draw(st.sampled_from(["", " ", "\ufeff", "\u202d", "\r\n"]))
    for character in canonical:
        text += chr(ord(character) + 0xFEE0) if wide else character
        text += draw(st.sampled_from(["", "", "", " ", "-", "\u00a0", "\u3000", "－", "\u200b"]))
    return canonical, text + draw(st.sampled_from(["", "\t", "\n", "\u202c"]))
