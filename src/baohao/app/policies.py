"""
Load policies from files: values where they are good, findings with line numbers where they are not.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from baohao.app.toml_lines import line_of, toml_lines
from baohao.core.policy.findings import Finding, Place, PolicyFault
from baohao.core.policy.lint import lint
from baohao.core.policy.model import Policy
from baohao.core.policy.overlays import Overlay, parse_overlay
from baohao.core.policy.parse import Parsed, parse

#: A policy is a page or two; a file beyond this is something else.
_MOST_BYTES = 1_000_000
#: So many texts are kept as they were read: a library is read anew with each that is published.
_TEXTS_KEPT = 1_000
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")


class FileUnreadable(PolicyFault):
    """The file cannot be read: {reason}."""

    code = "policy.file.unreadable"


class FileNotText(PolicyFault):
    """The file is not UTF-8 text: {reason}. Save it as UTF-8 without a byte order mark."""

    code = "policy.file.encoding"


class FileNotToml(PolicyFault):
    """The file is not TOML: {reason}."""

    code = "policy.file.toml"


class PolicyRefused(PolicyFault):
    """The policy is refused: {count} findings, the first is {first}"""

    code = "policy.refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A finding with its file and line, and the line that it contradicts."""

    file: str
    line: int
    other_line: int | None = None
    finding: Finding
    #: The lines that it is about, as they are written, with their numbers.
    quoted: tuple[tuple[int, str], ...] = ()

    def __str__(self) -> str:
        other = "" if self.other_line is None else f" (against line {self.other_line})"
        return f"{self.file}:{self.line}: {self.finding.code}: {self.finding.message}{other}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A TOML file that was read: its text, and the values in it."""

    file: str
    text: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)

    def locate(self, finding: Finding) -> Located:
        """Give a finding its line numbers."""
        # Where everything stands is looked for when something is wrong: mostly nothing is.
        lines = _lines(self.text) if self.document else {}
        line = line_of(lines, finding.place)
        other = None if finding.against is None else line_of(lines, finding.against)
        written = self.text.split("\n")
        about = {line} if finding.place else set[int]()
        about |= set() if other is None else {other}
        return Located(
            file=self.file,
            line=line,
            other_line=other,
            finding=finding,
            quoted=tuple((number, written[number - 1].strip()) for number in sorted(about)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A policy file: the policy, or why there is none."""

    file: str
    policy: Policy | None
    findings: tuple[Located, ...]
    #: What was read.
    source: Source | None = None

    def accepted(self) -> Policy:
        """Return the policy; raises `PolicyRefused` where there are findings."""
        if self.policy is None or self.findings:
            raise PolicyRefused(count=len(self.findings), first=str(self.findings[0]))
        return self.policy


def zone_of(name: str) -> tzinfo:
    """Return the zone of an IANA name; raises `KeyError` for everything that is none."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError) as error:
        # Names such as "Europe" are folders of the zone database, "../x" and "" are no names.
        raise KeyError(name) from error


def read_toml(path: Path) -> tuple[Source, Located | None]:
    """Read a file; the second part says why it could not be."""
    return _read(str(path), lambda: _text(path))


def read_text(name: str, text: str) -> tuple[Source, Located | None]:
    """Read a text that is no file; `name` is what findings call it."""
    return _read(name, lambda: text)


def _read(file: str, read: Callable[[], str]) -> tuple[Source, Located | None]:
    text = ""
    try:
        text = read()
        return Source(file=file, text=text, document=_document(text)), None
    except PolicyFault as fault:
        refusal, line = fault, 1
    except RecursionError:
        refusal, line = FileNotToml(reason="lists or tables are nested too deep"), 1
    except ValueError as error:
        # Mostly TOMLDecodeError; whole numbers of absurd length are a plain ValueError.
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found else 1
        refusal = FileNotToml(reason=_AT_LINE.sub("", str(error)).strip())
    finding = Finding(place=(), refusal=refusal)
    return Source(file=file, text=text), Located(file=file, line=line, finding=finding)


@lru_cache(_TEXTS_KEPT)
def _document(text: str) -> Mapping[str, Any]:
    """Return the values of a text; nobody changes them. Raises `ValueError`, `RecursionError`."""
    return tomllib.loads(text, parse_float=Decimal)


@lru_cache(_TEXTS_KEPT)
def _parsed(text: str) -> Parsed:
    """Return the policy that a text is, or what is wrong with it."""
    return parse(_document(text), zone_of)


@lru_cache(16)
def _lines(text: str) -> Mapping[Place, int]:
    """Return where everything stands in a text that was read."""
    try:
        return toml_lines(text)
    except RecursionError:  # it was just not too deep to be read
        return {}


def _text(path: Path) -> str:
    """Return the text of a file; raises `FileUnreadable` or `FileNotText`."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise FileUnreadable(reason=f"it is larger than {_MOST_BYTES} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise FileUnreadable(reason=error.strerror or str(error)) from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileNotText(reason="it is UTF-16")
    if data.startswith(b"\xef\xbb\xbf"):
        raise FileNotText(reason="it begins with a byte order mark")
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise FileNotText(reason=f"there is a NUL byte in line {line}")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"byte 0x{data[error.start]:02x} in line {line} (GB18030, Big5 or Latin-1 perhaps)"
        raise FileNotText(reason=reason) from error


def load(path: Path, laws: Mapping[str, Overlay] | None = None) -> Loaded:
    """
    Load one policy and hold it against the laws.

    `laws` are the overlays that are known, by name; without them, those that come with the product.
    """
    source, fault = read_toml(path)
    if fault is not None:
        return Loaded(file=source.file, policy=None, findings=(fault,))
    return judge(source, laws)


def judge(source: Source, laws: Mapping[str, Overlay] | None = None) -> Loaded:
    """Judge a policy that was read, as `load` does."""
    parsed = _parsed(source.text) if source.document else parse({}, zone_of)
    found = parsed.findings
    if parsed.policy is not None:
        found = lint(parsed.policy, shipped_laws() if laws is None else laws)
    located = sorted((source.locate(finding) for finding in found), key=lambda each: each.line)
    return Loaded(
        file=source.file,
        policy=None if found else parsed.policy,
        findings=tuple(located),
        source=source,
    )


def shipped() -> Path:
    """Return the folder of policies that comes with the product."""
    package = Path(__file__).parents[1]
    # Installed, the library sits in the package; in a clone, at the root.
    inside = package / "policies"
    return inside if inside.is_dir() else package.parents[1] / "policies"


@cache
def shipped_laws() -> Mapping[str, Overlay]:
    """Return the overlays that come with the product, by name; raises `PolicyRefused`."""
    laws: dict[str, Overlay] = {}
    for path in sorted((shipped() / "overlays").glob("*.toml")):
        source, fault = read_toml(path)
        overlay, found = parse_overlay(source.document, zone_of)
        if overlay is None:
            first = fault or source.locate(found[0])
            raise PolicyRefused(count=max(1, len(found)), first=str(first))
        laws[overlay.name] = overlay
    return laws
