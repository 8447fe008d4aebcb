"""
Rewrite the table of policies/README.md from the files beside it.

Run it after a policy was added or changed: `python docs/make_library.py` (the project installed).
"""

from __future__ import annotations

from pathlib import Path

from baohao.app.policies import load
from baohao.core.policy.model import Policy

ROOT = Path(__file__).resolve().parent.parent
POLICIES = ROOT / "policies"
PAGE = POLICIES / "README.md"

#: Folders that hold something else than policies.
OTHERS = frozenset(
    {"charging", "commissions", "exchange", "fees", "operators", "overlays", "promotions"}
)

_HEAD = "| product | country | confidence | checked | unknowns |"
_RULE = "|---|---|---|---|---|"


def files() -> list[Path]:
    """Return the policy files, in order of country and name."""
    return sorted(f for f in POLICIES.rglob("*.toml") if f.parent.name not in OTHERS)


def row(file: Path, policy: Policy) -> str:
    """Return the line of one policy."""
    checked = max((source.checked.isoformat() for source in policy.sources), default="–")
    cells = (
        f"[{policy.title}]({file.relative_to(POLICIES).as_posix()})",
        policy.country,
        policy.confidence,
        checked,
        str(len(policy.unknowns)),
    )
    return f"| {' | '.join(cells)} |"


def table() -> str:
    """Return the whole table; a policy that does not load is an error of its own test."""
    loaded = [(file, load(file).policy) for file in files()]
    rows = [row(file, policy) for file, policy in loaded if policy is not None]
    return "\n".join((_HEAD, _RULE, *rows))


def main() -> None:
    """Put the table where the old one stands."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(_HEAD)
    _, gap, after = rest.rstrip("\n").partition("\n\n")
    PAGE.write_text(f"{before}{table()}{gap}{after}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
