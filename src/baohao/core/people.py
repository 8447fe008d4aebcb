"""
People: what is known of a holder, and which document of theirs a policy means.

The journal names a holder by a random id. What is here is sealed by whoever stores it, and no
`repr` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from baohao.core.identifiers.bir import parse_bir
from baohao.core.identifiers.document import DocumentKind, HolderDocument
from baohao.core.identifiers.hkid import parse_hkid
from baohao.core.identifiers.mainland_id import parse_mainland_id
from baohao.core.refusals import Refusal


class DocumentUnreadable(Refusal):
    """A passport number has 5 to 20 letters and digits; look at it again."""

    code = "document.number"


class NameMissing(Refusal):
    """Write the holder's name as it stands on the document, in at most 200 letters."""

    code = "person.name"


#: As policies call documents.
WORDS: Mapping[str, DocumentKind] = {
    "bir": DocumentKind.MACAU_BIR,
    "hkid": DocumentKind.HKID,
    "mainland_id": DocumentKind.MAINLAND_ID,
    "passport": DocumentKind.PASSPORT,
}
NAME_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who a holder is."""

    name: str = field(repr=False)
    #: As policies call it: "bir", "passport" ...
    document: str
    country: str = ""
    number: str = field(repr=False)
    expires_on: date | None = None
    email: str = field(default="", repr=False)


def read_person(
    *,
    name: str,
    document: str,
    number: str,
    country: str = "",
    expires_on: date | None = None,
    email: str = "",
) -> Person:
    """
    Return a person as typed at a counter; the document is checked by its kind.

    Raises `NameMissing`, `DocumentUnreadable`, or what is malformed in the number.
    """
    plain = " ".join(_bare(name).split())
    if not plain or len(plain) > NAME_MAX:
        raise NameMissing()
    read = _READ.get(document, _passport)(number)
    return Person(
        name=plain,
        document=document,
        country=read.country or country.upper(),
        number=read.number,
        expires_on=expires_on,
        email=email.strip(),
    )


def said_of(person: Person) -> str:
    """Return what identifies a document, to be digested: the same for the same paper."""
    return f"{person.document}|{person.country}|{person.number}"


def _bare(name: str) -> str:
    """Return a name without what only steers its showing: it would turn what stands beside it."""
    return "".join(letter for letter in name if letter.isprintable() or letter.isspace())


def _passport(text: str) -> HolderDocument:
    number = "".join(text.upper().split()).replace("-", "")
    if not (5 <= len(number) <= 20 and number.isascii() and number.isalnum()):
        raise DocumentUnreadable()
    return HolderDocument(kind=DocumentKind.PASSPORT, country="", number=number)


_READ: Mapping[str, Callable[[str], HolderDocument]] = {
    "bir": parse_bir,
    "hkid": parse_hkid,
    "mainland_id": parse_mainland_id,
}
