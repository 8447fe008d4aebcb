"""
The library: a folder of policies, with the operators, laws, promotions and fees that go with them.

One policy to a file, in any folder but these: `operators`, `overlays`, `promotions`, `fees`. A
library with a finding anywhere is refused whole: half of one would leave lines without their rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from baohao.app.catalogue import read_fees, read_promotions, toml_files
from baohao.app.policies import Located, Source, load, read_laws, shipped, zone_of
from baohao.core.fees import FeeSchedule
from baohao.core.operators import Operator, parse_operator
from baohao.core.policy.findings import Finding, Place, PolicyFault
from baohao.core.policy.model import Policy
from baohao.core.policy.overlays import Overlay
from baohao.core.policy.versions import clash
from baohao.core.promotions.model import Promotion

#: Folders that hold something other than policies.
_ROOMS = frozenset({"operators", "overlays", "promotions", "fees"})


class FolderEmpty(PolicyFault):
    """There is no policy in {folder}: a policy is a file that ends in .toml."""

    code = "policy.library.empty"


class PinTwice(PolicyFault):
    """The policy {pin} is in {file} too: a name and a version are one policy."""

    code = "policy.library.pin"


class VersionsClash(PolicyFault):
    """{pin} and {other} of {file} are in force at once for the same lines."""

    code = "policy.library.versions"


class OperatorUnknown(PolicyFault):
    """There is no operator {key!r} in {folder}."""

    code = "policy.library.operator"


class OperatorTwice(PolicyFault):
    """The operator {key!r} is in {file} too."""

    code = "policy.library.operator_twice"


class LibraryRefused(PolicyFault):
    """The library {folder} is refused: {count} findings, the first is {first}"""

    code = "policy.library"


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """What a folder holds, as far as it is good, and what is wrong with the rest."""

    folder: str
    #: By pin.
    policies: Mapping[str, Policy]
    #: By key.
    operators: Mapping[str, Operator]
    #: By name.
    laws: Mapping[str, Overlay]
    promotions: tuple[Promotion, ...]
    fees: tuple[FeeSchedule, ...]
    findings: tuple[Located, ...]

    def accepted(self) -> Library:
        """Return the library; raises `LibraryRefused` where there are findings."""
        if self.findings:
            first, count = str(self.findings[0]), len(self.findings)
            raise LibraryRefused(folder=self.folder, count=count, first=first)
        return self


def library(folder: Path | None = None) -> Mapping[str, Policy]:
    """Return the policies of a folder, by default the shipped ones; raises `LibraryRefused`."""
    return read_library(folder or shipped()).accepted().policies


def policy_files(folder: Path) -> tuple[Path, ...]:
    """Return the files of a folder and its sub-folders that are policies."""
    found = sorted(folder.rglob("*.toml"))
    return tuple(p for p in found if not _ROOMS & set(p.relative_to(folder).parts[:-1]))


def read_library(folder: Path) -> Library:
    """Read a whole folder."""
    laws, located = read_laws(folder / "overlays")
    found: list[Located] = list(located)
    operators = dict(_operators(folder / "operators", found))
    policies: dict[str, tuple[Policy, Source]] = {}
    files = policy_files(folder)
    if not files:
        found.append(_whole(folder, FolderEmpty(folder=str(folder))))
    for path in files:
        loaded = load(path, laws)
        found += loaded.findings
        if loaded.policy is None or loaded.source is None:
            continue
        if operators and loaded.policy.operator not in operators:
            refusal = OperatorUnknown(key=loaded.policy.operator, folder=str(folder / "operators"))
            found.append(_at(loaded.source, ("operator",), refusal))
        found += _clashes(loaded.policy, loaded.source, policies.values())
        policies.setdefault(loaded.policy.pin, (loaded.policy, loaded.source))
    promotions = read_promotions(
        folder / "promotions", operators, (policy for policy, _ in policies.values()), found
    )
    fees = read_fees(folder / "fees", operators, found)
    return Library(
        folder=str(folder),
        policies={pin: policy for pin, (policy, _) in policies.items()},
        operators=operators,
        laws=laws,
        promotions=promotions,
        fees=fees,
        findings=tuple(found),
    )


def _clashes(
    policy: Policy, source: Source, others: Iterable[tuple[Policy, Source]]
) -> Iterator[Located]:
    for other, its_source in others:
        if policy.pin == other.pin:
            refusal: PolicyFault = PinTwice(pin=policy.pin, file=its_source.file)
            yield _at(source, ("version",), refusal)
        elif clash(policy, other):
            refusal = VersionsClash(pin=policy.pin, other=other.pin, file=its_source.file)
            yield _at(source, ("effective",), refusal)


def _operators(folder: Path, found: list[Located]) -> Iterator[tuple[str, Operator]]:
    files: dict[str, str] = {}
    for source in toml_files(folder, found):
        operator, faults = parse_operator(source.document, zone_of)
        found += [source.locate(fault) for fault in faults]
        if operator is None:
            continue
        if operator.key in files:
            refusal = OperatorTwice(key=operator.key, file=files[operator.key])
            found.append(_at(source, ("operator",), refusal))
        files.setdefault(operator.key, source.file)
        yield operator.key, operator


def _at(source: Source, place: Place, refusal: PolicyFault) -> Located:
    return source.locate(Finding(place=place, refusal=refusal))


def _whole(folder: Path, refusal: PolicyFault) -> Located:
    return Source(file=str(folder)).locate(Finding(place=(), refusal=refusal))
