"""Operators are read whole, and refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.policy.documents import ROOT, changed, read, zone_of

from baohao.core.operators import parse_operator

OPERATORS = ROOT / "policies" / "operators"
CTM: dict[str, Any] = read(OPERATORS / "ctm.toml")


def test_an_operator_arrives() -> None:
    operator, findings = parse_operator(CTM, zone_of)
    assert operator is not None, findings
    assert (operator.key, operator.name, operator.country) == ("ctm", "CTM", "MO")
    assert operator.names["zh-Hant"] == "澳門電訊"
    assert (operator.zone_name, operator.currency) == ("Asia/Macau", "MOP")
    assert operator.languages[0] == "zh-Hant"
    assert (operator.authority, operator.custody) == ("there", "external")
    assert operator.networks == {"455-01", "455-04"}
    assert operator.iccid_heads == {"8985301"}
    assert (operator.phone, operator.page) == ("1000", "https://www.ctm.net")
    assert operator.sources[0].confidence == "S"
    assert not operator.invented


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("operator", None, "policy.key.missing"),
        ("authority", "elsewhere", "policy.word"),
        ("custody", None, "policy.key.missing"),
        ("languages", None, "policy.key.missing"),
        ("networks", ["45501"], "policy.type"),
        ("iccid_heads", ["1234567"], "policy.type"),
        ("zone", "Macau", "policy.zone"),
        ("contact.fax", "1", "policy.key.unknown"),
    ],
)
def test_what_is_wrong_is_refused(path: str, value: object, code: str) -> None:
    operator, findings = parse_operator(changed(CTM, path, value), zone_of)
    assert operator is None
    assert code in {finding.code for finding in findings}


def test_all_shipped_operators_are_whole() -> None:
    for file in sorted(OPERATORS.glob("*.toml")):
        operator, findings = parse_operator(read(file), zone_of)
        assert operator is not None, (file.name, findings)
        assert operator.key == file.stem
