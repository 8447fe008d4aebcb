"""The scanner finds the line of everything that the standard parser finds."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baohao.app.toml_lines import line_of, toml_lines
from baohao.core.policy.findings import Place

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "policies").rglob("*.toml"))

HARD = '''\
# [not.a.table]
"a b".'c.d' = 1 # = 2
text = "x # \\" [y]"
raw = 'C:\\temp'
long = """
[z]
k = 1
"""  # end
quoted = """ends in a quote\\""""
raws = \'\'\'
# still text
\'\'\'
"esc\\u0041pe" = true
list = [
  "one", # [
  { two = 2, three = [3,
    4] },
]
inline = { a.b = 1, "c" = [ [ 1 ], [ 2 ] ] }
[t.u]
v = 2026-01-01
[[items]]
name = "first"
[[items.inner]]
x = 1
[[items.inner]]
x = 2
[items.table]
y = 1
[[items]]
name = "second"
  [ items . other ]
  z = 1e3
'''


def _places(node: Any, place: Place = ()) -> Iterator[Place]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield (*place, key)
            yield from _places(value, (*place, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield (*place, index)
            yield from _places(value, (*place, index))


def test_hard_documents_are_walked_right() -> None:
    lines = toml_lines(HARD)
    found = {
        ("a b", "c.d"): 2,
        ("text",): 3,
        ("raw",): 4,
        ("long",): 5,
        ("quoted",): 9,
        ("raws",): 10,
        ("list",): 14,
        ("list", 0): 15,
        ("list", 1): 16,
        ("list", 1, "two"): 16,
        ("list", 1, "three", 1): 17,
        ("inline", "a", "b"): 19,
        ("inline", "c", 1, 0): 19,
        ("t", "u"): 20,
        ("t", "u", "v"): 21,
        ("items", 0): 22,
        ("items", 0, "name"): 23,
        ("items", 0, "inner", 0): 24,
        ("items", 0, "inner", 1): 26,
        ("items", 0, "inner", 1, "x"): 27,
        ("items", 0, "table", "y"): 29,
        ("items", 1, "name"): 31,
        ("items", 1, "other"): 32,
        ("items", 1, "other", "z"): 33,
    }
    assert {place: lines.get(place) for place in found} == found


def test_hard_documents_have_all_their_places() -> None:
    lines = toml_lines(HARD)
    # An escape in a key is left as it is written; its line is that of the table around it.
    missing = [place for place in _places(tomllib.loads(HARD)) if place not in lines]
    assert missing == [("escApe",)]


@pytest.mark.parametrize("file", [pytest.param(f, id=f.stem) for f in FILES])
def test_every_place_of_the_library_stands_where_it_says(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    lines, written = toml_lines(text), text.split("\n")
    for place in _places(tomllib.loads(text)):
        assert place in lines
        key = next(step for step in reversed(place) if isinstance(step, str))
        if isinstance(place[-1], str):
            assert key in written[lines[place] - 1]


def test_what_is_not_there_stands_where_its_table_does() -> None:
    lines = toml_lines("a = 1\n[b]\nc = 1\n")
    assert line_of(lines, ("b", "d", 3)) == 2
    assert line_of(lines, ("z",)) == 1


def test_line_ends_of_windows_count_once() -> None:
    assert toml_lines("a = 1\r\nb = 2\r\n")[("b",)] == 2
