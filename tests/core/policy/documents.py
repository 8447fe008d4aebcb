"""Documents for the tests of policies: read, changed, and parsed again."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from baohao.core.policy.lint import lint
from baohao.core.policy.model import Policy
from baohao.core.policy.parse import parse

HERE = Path(__file__).parent
ROOT = HERE.parents[2]

Document = dict[str, Any]


def zone_of(name: str) -> tzinfo:
    """A zone by its name; nonsense is a `KeyError`."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError) as error:
        raise KeyError(name) from error


def read(path: Path) -> Document:
    """A document as the loader would read it."""
    return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)


WHOLE = read(HERE / "whole.toml")
KEEP12 = read(ROOT / "policies" / "demo" / "keep12.toml")


def parsed(document: Document) -> Policy:
    """The policy of a document that must be good."""
    result = parse(document, zone_of)
    assert result.policy is not None, [f"{f.path}: {f.message}" for f in result.findings]
    return result.policy


def codes(document: Document) -> set[str]:
    """The codes of everything that is wrong with a document, laws aside."""
    result = parse(document, zone_of)
    found = result.findings
    if result.policy is not None:
        found = lint(result.policy, {})
    return {finding.code for finding in found}


def changed(document: Document, path: str, value: object) -> Document:
    """A copy in which the place at a dotted path (indexes for lists) holds something else."""
    copy = deepcopy(document)
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    node: Any = copy
    for step in way:
        node = node.setdefault(step, {}) if isinstance(node, dict) else node[step]
    if value is None:
        del node[last]
    elif isinstance(node, list) and last == len(node):
        node.append(value)
    else:
        node[last] = value
    return copy
