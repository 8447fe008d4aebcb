"""
The library: a folder of policies, with the operators, laws, promotions, fees, commissions and rates
that go with them.

One policy to a file, in any folder but these: `operators`, `overlays`, `promotions`, `fees`,
`commissions`, `exchange`, `charging`. A library with a finding anywhere is refused whole: half of
one would leave lines without their rules.

Beside the files stand the documents that product managers published (`app/publishing.py`): a new
version of a policy, or new fees, end what was in force the day before they begin; a promotion takes
the place of the one by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from baohao.app.catalogue import (
    read_commissions,
    read_fees,
    read_products,
    read_promotions,
    read_rates,
    toml_files,
)
from baohao.app.policies import (
    Loaded,
    Located,
    Source,
    judge,
    load,
    read_toml,
    shipped,
    shipped_laws,
    zone_of,
)
from baohao.core.charging import Products, parse_products
from baohao.core.commissions import CommissionSchedule, parse_commissions
from baohao.core.exchange import RateSchedule, parse_rates
from baohao.core.fees import FeeSchedule, parse_fees
from baohao.core.operators import Operator, parse_operator
from baohao.core.policy.findings import Finding, Place, PolicyFault
from baohao.core.policy.model import Policy
from baohao.core.policy.overlays import Overlay, parse_overlay
from baohao.core.policy.versions import clash
from baohao.core.promotions.model import Promotion
from baohao.core.promotions.parse import parse_promotion

Reader = Callable[[Mapping[str, object]], Sequence[Finding]]
#: Texts that are no files, by the folder in which they would be.
Beside = Mapping[str, Sequence[Source]]
#: Folders that hold something other than policies, and what finds fault with their files.
_READERS: Mapping[str, Reader] = {
    "operators": lambda document: parse_operator(document, zone_of)[1],
    "overlays": lambda document: parse_overlay(document, zone_of)[1],
    "promotions": lambda document: parse_promotion(document, zone_of).findings,
    "fees": lambda document: parse_fees(document, zone_of)[1],
    "commissions": lambda document: parse_commissions(document, zone_of)[1],
    "exchange": lambda document: parse_rates(document, zone_of)[1],
    "charging": lambda document: parse_products(document, zone_of)[1],
}


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
    commissions: tuple[CommissionSchedule, ...]
    #: What payers' currencies are worth to operators.
    rates: tuple[RateSchedule, ...]
    #: By operator: how its own charging system calls what is sold here.
    products: Mapping[str, Products]
    #: By pin: the policy as it was written.
    texts: Mapping[str, str]
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


def check(paths: Iterable[Path]) -> tuple[int, tuple[Located, ...]]:
    """Read files and whole folders; return how many files there were, and what is wrong."""
    count, found = 0, list[Located]()
    for path in paths:
        if path.is_dir() and path.resolve().name not in _READERS:
            count += len(list(path.rglob("*.toml")))
            found += read_library(path).findings
            continue
        for file in sorted(path.glob("*.toml")) if path.is_dir() else [path]:
            count += 1
            found += _check(file)
    return count, tuple(found)


def _check(path: Path) -> tuple[Located, ...]:
    """Check one file as what its folder says it is."""
    reader = _READERS.get(path.resolve().parent.name)
    if reader is None:
        return load(path).findings
    source, fault = read_toml(path)
    if fault is not None:
        return (fault,)
    return tuple(source.locate(finding) for finding in reader(source.document))


def policy_files(folder: Path) -> tuple[Path, ...]:
    """Return the files of a folder and its sub-folders that are policies."""
    found = sorted(folder.rglob("*.toml"))
    return tuple(p for p in found if not _READERS.keys() & set(p.relative_to(folder).parts[:-1]))


def read_library(folder: Path, beside: Beside | None = None) -> Library:
    """Read a whole folder, and what was published beside it."""
    more = beside or {}
    found: list[Located] = []
    laws = shipped_laws()
    if (folder / "overlays").is_dir():
        laws = dict(_laws(folder / "overlays", found))
    operators = dict(_operators(folder / "operators", found))
    policies: dict[str, tuple[Policy, Source]] = {}
    files = policy_files(folder)
    if not files:
        found.append(_whole(folder, FolderEmpty(folder=str(folder))))
    for path in files:
        _add(policies, load(path, laws), operators, folder, found)
    for source in more.get("policies", ()):
        judged = judge(source, laws)
        if judged.policy is not None:
            _end_earlier(policies, judged.policy)
        _add(policies, judged, operators, folder, found)
    good = tuple(policy for policy, _ in policies.values())
    promotions = read_promotions(
        folder / "promotions", operators, good, found, more.get("promotions", ())
    )
    fees = read_fees(folder / "fees", operators, found, more.get("fees", ()))
    commissions = read_commissions(folder / "commissions", operators, good, found)
    rates = read_rates(folder / "exchange", operators, found)
    products = read_products(folder / "charging", operators, good, found)
    return Library(
        folder=str(folder),
        policies={pin: policy for pin, (policy, _) in policies.items()},
        operators=operators,
        laws=laws,
        promotions=promotions,
        fees=fees,
        commissions=commissions,
        rates=rates,
        products=products,
        texts={pin: source.text for pin, (_, source) in policies.items()},
        findings=tuple(found),
    )


def _add(
    policies: dict[str, tuple[Policy, Source]],
    loaded: Loaded,
    operators: Mapping[str, Operator],
    folder: Path,
    found: list[Located],
) -> None:
    """Add a policy that was read; what is wrong is added to `found`."""
    found += loaded.findings
    if loaded.policy is None or loaded.source is None:
        return
    if operators and loaded.policy.operator not in operators:
        refusal = OperatorUnknown(key=loaded.policy.operator, folder=str(folder / "operators"))
        found.append(_at(loaded.source, ("operator",), refusal))
    found += _clashes(loaded.policy, loaded.source, policies.values())
    policies.setdefault(loaded.policy.pin, (loaded.policy, loaded.source))


def _end_earlier(policies: dict[str, tuple[Policy, Source]], new: Policy) -> None:
    """End the versions before one that was published on the day on which it begins."""
    for pin, (policy, source) in policies.items():
        is_earlier = policy.operator == new.operator and policy.effective_from < new.effective_from
        if is_earlier and clash(policy, new):
            policies[pin] = replace(policy, effective_to=new.effective_from), source


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


def _laws(folder: Path, found: list[Located]) -> Iterator[tuple[str, Overlay]]:
    for source in toml_files(folder, found):
        overlay, faults = parse_overlay(source.document, zone_of)
        found += [source.locate(fault) for fault in faults]
        if overlay is not None:
            yield overlay.name, overlay


def _at(source: Source, place: Place, refusal: PolicyFault) -> Located:
    return source.locate(Finding(place=place, refusal=refusal))


def _whole(folder: Path, refusal: PolicyFault) -> Located:
    return Source(file=str(folder)).locate(Finding(place=(), refusal=refusal))
