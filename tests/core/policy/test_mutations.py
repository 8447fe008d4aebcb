"""Any change of a document is read or refused, never a crash; a new name is refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.core.policy.documents import KEEP12, ROOT, WHOLE, Document, read, zone_of

from baohao.core.policy.lint import lint
from baohao.core.policy.overlays import Overlay, parse_overlay
from baohao.core.policy.parse import parse

Step = str | int


def _places(node: Any, place: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    pairs: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(node, dict):
        pairs = iter(node.items())
    elif isinstance(node, list):
        pairs = iter(enumerate(node))
    for key, value in pairs:
        yield (*place, key)
        yield from _places(value, (*place, key))


def _laws() -> dict[str, Overlay]:
    laws = {}
    for file in (ROOT / "policies" / "overlays").glob("*.toml"):
        overlay, _ = parse_overlay(read(file), zone_of)
        assert overlay is not None
        laws[overlay.name] = overlay
    return laws


LAWS = _laws()
GOOD = [WHOLE, KEEP12, read(ROOT / "policies" / "id" / "telkomsel.prepaid.toml")]
PLACES = [(document, place) for document in GOOD for place in _places(document)]

#: Values of every type that TOML has, and some that look right.
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.decimals(allow_nan=True, places=2)
    | st.dates(date(1, 1, 1), date(9999, 12, 31))
    | st.datetimes()
    | st.times()
    | st.text(max_size=12)
    | st.sampled_from(["", "0 days", "1 month", "180 days", "0.00", "50.00", "service", "main"])
    | st.sampled_from(["bought", "active", "grace", "topup", "full", "never", "STACK", "event:"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)


def _judge(document: Document) -> None:
    """Read and lint as the loader does; whatever is wrong must have a sentence and a code."""
    result = parse(document, zone_of)
    found = result.findings if result.policy is None else lint(result.policy, LAWS)
    assert result.policy is not None or found
    for finding in found:
        assert finding.message
        assert finding.code.startswith(("policy.", "malformed."))


def _parent(document: Document, place: tuple[Step, ...]) -> Any:
    node: Any = document
    for step in place[:-1]:
        node = node[step]
    return node


@given(case=st.sampled_from(PLACES), value=values)
def test_another_value_never_crashes(
    case: tuple[Document, tuple[Step, ...]], value: object
) -> None:
    document, place = deepcopy(case[0]), case[1]
    _parent(document, place)[place[-1]] = value
    _judge(document)


@given(cases=st.lists(st.sampled_from(list(_places(WHOLE))), max_size=4))
def test_missing_keys_never_crash(cases: list[tuple[Step, ...]]) -> None:
    document = deepcopy(WHOLE)
    for place in cases:
        try:
            del _parent(document, place)[place[-1]]
        except (KeyError, IndexError, TypeError):
            continue
    _judge(document)


@given(case=st.sampled_from(PLACES), letter=st.sampled_from("xyz_"), at=st.integers(0, 20))
def test_a_renamed_key_is_refused_by_name(
    case: tuple[Document, tuple[Step, ...]], letter: str, at: int
) -> None:
    document, place = deepcopy(case[0]), case[1]
    old = place[-1]
    table = _parent(document, place)
    if isinstance(old, int) or _is_free(place) or place[0] == "unknown":
        return
    new = old[:at] + letter + old[at:]
    if new in table:
        return
    table[new] = table.pop(old)
    found = [f for f in parse(document, zone_of).findings if f.code == "policy.key.unknown"]
    assert any(repr(new) in finding.message for finding in found)


def _is_free(place: tuple[Step, ...]) -> bool:
    """Whether the author gives the key its name, as for a clock; acts are read when played."""
    free = {"clocks", "balances", "titles", "steps_in", "documents", "classes", "allowances", "sku"}
    return len(place) > 1 and (place[-2] in free or "history" in place)


@given(document=st.dictionaries(st.sampled_from(sorted(WHOLE)), values, max_size=8))
def test_documents_of_any_shape_never_crash(document: Document) -> None:
    _judge(document)


def test_numbers_with_a_point_are_no_money() -> None:
    document = deepcopy(WHOLE)
    document["events"][0]["min"] = Decimal("50.00")
    (finding,) = parse(document, zone_of).findings
    assert "not a number with a point" in finding.message
