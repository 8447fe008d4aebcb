"""Cards: which number a card is on, or a number as people type it."""

from __future__ import annotations

from baohao.core.identifiers.iccid import parse_iccid
from baohao.core.identifiers.number import parse_number
from baohao.core.refusals import Refusal
from baohao.store import lines
from baohao.store.sql import Connection


class CardUnknown(Refusal):
    """No line has the card {iccid}; look at the digits again."""

    code = "card.on_no_line"


def number_of(conn: Connection, text: str) -> str:
    """
    Return the number that was typed, or that the card is on whose ICCID was typed or scanned.

    Raises `CardUnknown`, and what is wrong with a number or an ICCID.
    """
    bare = "".join(text.split()).replace("-", "")
    if bare.startswith("89") and len(bare) > 15:
        iccid = parse_iccid(bare)
        found = lines.number_of(conn, iccid)
        if found is None:
            raise CardUnknown(iccid=iccid)
        return found
    # Eight digits that begin with 6 are a mobile number of Macau.
    return parse_number(f"+853{bare}" if len(bare) == 8 and bare[0] == "6" else text)
