from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core.identifiers import (
    ActivationCode,
    MalformedIdentifier,
    parse_activation_code,
)

SECRET = "04386-AGYFT-A74Y8-3F815"
OID = "1.3.6.1.4.1.31746"


@pytest.mark.parametrize(
    ("text", "oid", "confirmation_required"),
    [
        (f"1$SMDP.GSMA.COM${SECRET}", None, False),
        (f"LPA:1$SMDP.GSMA.COM${SECRET}", None, False),
        (f" lpa:1$SMDP.GSMA.COM${SECRET}\r\n", None, False),
        (f"LPA:1$SMDP.GSMA.COM${SECRET}$$1", None, True),
        (f"LPA:1$SMDP.GSMA.COM${SECRET}${OID}", OID, False),
        (f"LPA:1$SMDP.GSMA.COM${SECRET}${OID}$1", OID, True),
    ],
)
def test_the_codes_of_the_standard(text: str, oid: str | None, confirmation_required: bool) -> None:
    assert parse_activation_code(text) == ActivationCode(
        smdp="SMDP.GSMA.COM",
        matching_id=SECRET,
        oid=oid,
        confirmation_required=confirmation_required,
    )


def test_the_matching_id_may_be_empty() -> None:
    code = parse_activation_code(f"1$SMDP.GSMA.COM$${OID}")
    assert (code.matching_id, code.oid) == ("", OID)
    assert code.reveal() == f"LPA:1$SMDP.GSMA.COM$${OID}"


@given(
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", min_size=6, max_size=60),
    st.sampled_from([None, OID]),
    st.booleans(),
)
def test_a_revealed_code_reads_back_and_is_shown_nowhere_else(
    secret: str, oid: str | None, confirmation_required: bool
) -> None:
    code = ActivationCode(
        smdp="smdp.example.com",
        matching_id="~" + secret,
        oid=oid,
        confirmation_required=confirmation_required,
    )
    assert parse_activation_code(code.reveal()) == code
    for shown in (repr(code), str(code), f"{code}", f"{code!r:>200}"):
        assert "~" not in shown
        assert "smdp.example.com" in shown


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", "format", 0),
        (SECRET, "format", 0),
        (f"LPA:2$smdp.example.com${SECRET}", "format", 4),
        ("LPA:1$smdp.example.com", "parts", None),
        (f"1$smdp.example.com${SECRET}$$1$x", "parts", None),
        (f"LPA:1$${SECRET}", "server", 6),
        (f" LPA:1$smdp_example.com${SECRET}", "server", 7),
        (f"1${SECRET}$smdp.example.com", "server", 2),
        ("1$smdp.example.com$AB CD-0438", "matching_id", 21),
        ("1$smdp.example.com$AB\x00CD-0438", "matching_id", 21),
        (f"1$smdp.example.com${SECRET}$x", "oid", 43),
        (f"1$smdp.example.com${SECRET}$$2", "flag", 44),
        (f"1$smdp.example.com${SECRET}" + "A" * 255, "length", 255),
    ],
)
def test_what_is_wrong_and_where_without_the_secret(
    text: str, code: str, position: int | None
) -> None:
    with pytest.raises(MalformedIdentifier) as caught:
        parse_activation_code(text)
    assert caught.value.code == f"malformed.activation_code.{code}"
    assert caught.value.facts["position"] == position
    told = caught.value.message + repr(caught.value.facts) + repr(caught.value)
    assert "0438" not in told
