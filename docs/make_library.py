"""
Rewrite what the documentation says of the library: a page with a drawing for each product, their
index, the table of policies/README.md, and the least that each costs a year (policies/yearly.json).

Run it after a policy was added or changed: `python docs/make_library.py` (the project installed).
A test holds the pages against the files.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from babel import Locale

from baohao.app import drawing_svg, wording
from baohao.app.brochure import morning
from baohao.app.policies import load
from baohao.app.yearly import FILE, Yearlies, Yearly, written
from baohao.core.line.life import life
from baohao.core.money import format_minor
from baohao.core.policy.model import How, Policy

ROOT = Path(__file__).resolve().parent.parent
POLICIES = ROOT / "policies"
README = POLICIES / "README.md"
PAGES = ROOT / "docs" / "products"

#: Folders that hold something else than policies.
OTHERS = frozenset(
    {"charging", "commissions", "exchange", "fees", "operators", "overlays", "promotions"}
)
#: How far a source can be trusted.
CONFIDENCE = {
    "S": "the operator's own pages",
    "P": "the press or users",
    "L": "a source of little weight",
    "M": "memory",
    "NC": "not confirmed",
    "X": "invented",
    "U": "its keeper's own word",
}

_HEAD = "| product | country | confidence | checked | unknowns |"
_RULE = "|---|---|---|---|---|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of the library."""

    file: Path
    text: str
    policy: Policy


def files() -> list[Path]:
    """Return the policy files, in order of country and name."""
    return sorted(f for f in POLICIES.rglob("*.toml") if f.parent.name not in OTHERS)


def entries() -> list[Entry]:
    """Return what loads; a policy that does not is an error of its own test."""
    loaded = [(file, load(file)) for file in files()]
    return [
        Entry(file=file, text=each.source.text, policy=each.policy)
        for file, each in loaded
        if each.policy is not None and each.source is not None
    ]


# --- the table of the folder ----------------------------------------------------------------------


def row(entry: Entry) -> str:
    """Return the line of one policy."""
    policy = entry.policy
    cells = (
        f"[{policy.title}]({entry.file.relative_to(POLICIES).as_posix()})",
        policy.country,
        policy.confidence,
        _checked(policy),
        str(len(policy.unknowns)),
    )
    return f"| {' | '.join(cells)} |"


def readme(found: list[Entry]) -> str:
    """Return the folder's page with the table where the old one stands."""
    before, _, rest = README.read_text(encoding="utf-8").partition(_HEAD)
    _, gap, after = rest.rstrip("\n").partition("\n\n")
    table = "\n".join((_HEAD, _RULE, *map(row, found)))
    return f"{before}{table}{gap}{after}\n"


def _checked(policy: Policy) -> str:
    return max((source.checked.isoformat() for source in policy.sources), default="–")


# --- a page for each product ----------------------------------------------------------------------


def pages(found: list[Entry], known: Yearlies) -> dict[str, str]:
    """Return the text of every file of the products' pages, by its name."""
    latest = {e.policy.name: e for e in sorted(found, key=lambda e: e.policy.effective_from)}
    made = {"index.md": _index(latest, known)}
    for name, entry in latest.items():
        policy = entry.policy
        lived = life(policy, morning(policy, policy.effective_from))
        made[f"{name}.svg"] = drawing_svg.as_svg(policy, lived)
        made[f"{name}.md"] = "\n".join(_page(entry, known.known(entry.text))) + "\n"
    return made


def _index(latest: Mapping[str, Entry], known: Yearlies) -> str:
    lines = [
        "# Products",
        "",
        "Every product of [the library](../rules/library.md), by country: what keeps its numbers,",
        "and what that costs a year at the least. Made by `docs/make_library.py` from",
        "`policies/`; [how to write one](../how-to/write-a-policy.md).",
    ]
    countries: dict[str, list[Entry]] = {}
    for entry in sorted(latest.values(), key=lambda each: each.policy.title.lower()):
        countries.setdefault(_country(entry.policy.country), []).append(entry)
    for country, there in sorted(countries.items()):
        lines += ["", f"## {country}", "", "| product | a year | checked | known from |"]
        lines += ["|---|---|---|---|"]
        for each in there:
            policy = each.policy
            title = f"[{policy.title}]({policy.name}.md)" + (" (over)" if _is_over(policy) else "")
            cells = (
                title,
                _a_year(policy, known.known(each.text)),
                _checked(policy),
                CONFIDENCE[policy.confidence],
            )
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _country(code: str) -> str:
    return str(Locale.parse("en").territories.get(code, code))


def _is_over(policy: Policy) -> bool:
    """Whether nothing begins under it any more; what is to come has no end yet."""
    return policy.effective_to is not None


def _a_year(policy: Policy, found: Yearly | None) -> str:
    if found is None or found.year_minor is None:
        return "not known"
    return f"about {_money(policy, found.year_minor)}" if found.year_minor else "nothing"


def _money(policy: Policy, minor: int) -> str:
    return f"{policy.currency} {format_minor(minor, policy.currency)}"


def _page(entry: Entry, found: Yearly | None) -> Iterator[str]:
    policy = entry.policy
    until = "" if policy.effective_to is None else f" until {policy.effective_to}"
    yield f"# {policy.title}"
    yield ""
    yield f"{policy.brand or policy.operator}, {_country(policy.country)}. In force from"
    yield f"{policy.effective_from}{until}; known from {CONFIDENCE[policy.confidence]}, last"
    yield f"checked {_checked(policy)}. The rules: `{entry.file.relative_to(ROOT).as_posix()}`."
    if policy.invented:
        yield ""
        yield "**Invented:** nobody sells it."
    yield ""
    yield f"![The life of a line of {policy.title}]({policy.name}.svg)"
    counts = [_event(policy, rule.id) for rule in policy.events]
    yield from _section("What keeps it", counts)
    yield from _section("Clocks", [f"{c.id}: {wording.clock(c)}" for c in policy.clocks.values()])
    taken = [f"{c.id}: {wording.charge(policy, c)}" for c in policy.charges]
    yield from _section("What is taken", taken)
    yield from _section("The cheapest way to keep it", list(_cheapest(policy, found)))
    yield from _section("How it is done", [_how(policy, how) for how in policy.how])
    unknowns = [f"`{each.path}`: {wording.unknown(each)}" for each in policy.unknowns]
    yield from _section("Not known", unknowns)
    if policy.observed:
        yield from _section("Seen, and not relied on", [policy.observed])
    sources = [f"<{each.url}>, {each.checked}, {each.confidence}" for each in policy.sources]
    yield from _section("Sources", sources)


def _section(title: str, said: list[str]) -> Iterator[str]:
    if said:
        yield ""
        yield f"## {title}"
        yield ""
        yield from (f"- {each}" for each in said)


def _event(policy: Policy, name: str) -> str:
    rule = next(each for each in policy.events if each.id == name)
    gives = [wording.extension(policy, each) for each in rule.extends]
    return f"{wording.event(policy, rule)} → {'; '.join(gives) or 'counts, moves no clock'}"


def _cheapest(policy: Policy, found: Yearly | None) -> Iterator[str]:
    if found is None:
        return
    for deed in found.deeds:
        times = f" × {deed.times}" if deed.times > 1 else ""
        what = " ".join(filter(None, (deed.kind.replace("_", " "), deed.bought)))
        yield f"day {deed.day}: {what}{times}, {_money(policy, deed.amount_minor)}"
    if found.is_lost:
        day = (
            "" if found.safe_day is None else f"; left alone, it is safe until day {found.safe_day}"
        )
        yield f"nothing whose price is known keeps it for a year{day}"
    elif not found.deeds and found.safe_day is not None:
        yield f"nothing for the first year: it is safe until day {found.safe_day}"
    if found.year_minor:
        yield f"from then on {_a_year(policy, found)} a year"
    if found.unpriced:
        yield f"nobody has said what these cost: {', '.join(found.unpriced)}"


def _how(policy: Policy, how: How) -> str:
    abroad = {True: "works from abroad", False: "not from abroad", None: ""}[how.abroad]
    price = "" if how.price_minor is None else _money(policy, how.price_minor)
    dial = f"`{how.dial}`" if how.dial else ""
    page = f"<{how.page}>" if how.page else ""
    said = (dial, *how.steps, page, price, abroad, f"checked {how.checked}" if how.checked else "")
    return f"{how.act} by {how.channel}: " + " · ".join(filter(None, said))


# --- all of it ------------------------------------------------------------------------------------


def made(known: Yearlies) -> dict[Path, str]:
    """Return every file that this makes, but what is searched for: that is read as it stands."""
    found = entries()
    texts = {PAGES / name: text for name, text in pages(found, known).items()}
    return texts | {README: readme(found)}


def search() -> Yearlies:
    """Search for the cheapest year of every policy that is new or changed; `--again`: of all."""
    if "--again" in sys.argv:
        (POLICIES / FILE).unlink(missing_ok=True)
    known = Yearlies()
    answers = {e.policy.pin: (e.text, known.of(e.policy, e.text)) for e in entries()}
    (POLICIES / FILE).write_text(written(answers), encoding="utf-8")
    return known


def main() -> None:
    """Write what is made, and take away the pages of products that are gone."""
    files_ = made(search())
    PAGES.mkdir(exist_ok=True)
    for stray in set(PAGES.iterdir()) - files_.keys():
        stray.unlink()
    for file, text in files_.items():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
