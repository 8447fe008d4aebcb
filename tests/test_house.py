"""The rules of the house: what no linter holds, and what the docs promise."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest

import baohao
from baohao.config import policies_path
from baohao.core.refusals import Refusal

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "baohao"
DOCS = ROOT / "docs"
# Shelves with an index that names each of their pages.
SHELVES = ("start", "how-to", "rules", "decisions")

# Where a helper would hide: 95 of 100 functions stay under this many lines, and no file is longer.
FUNCTION_LINES = 45
FILE_LINES = 600

# Standard library, but it knows of the world: clocks, chance, machines, other threads.
WORLDLY = (
    "asyncio concurrent ctypes getpass http io locale logging multiprocessing os pathlib platform"
    " random secrets selectors shutil signal socket sqlite3 ssl subprocess sys tempfile threading"
    " time urllib"
)


# --- what there is --------------------------------------------------------------------------------


def files(*patterns: str) -> list[Path]:
    """Return the project's own files: what lies in its folders, and the top-level ones."""
    rooms = (ROOT / room for room in (".ci", "bench", "docs", "policies", "src", "tests"))
    found = [path for room in rooms for pattern in patterns for path in room.rglob(pattern)]
    found += [path for pattern in patterns for path in ROOT.glob(pattern)]
    return sorted(p for p in found if p.is_file() and "__pycache__" not in p.parts)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def parsed(path: Path) -> ast.Module:
    return ast.parse(text(path), filename=str(path))


def links(page: Path) -> set[str]:
    """Return the targets of the page's links and pictures, code blocks aside."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text(page), flags=re.DOTALL)
    return set(re.findall(r"\]\(([^()\s]+)\)", prose))


def title(page: Path) -> str:
    return text(page).splitlines()[0].removeprefix("# ")


def anchors(page: Path) -> set[str]:
    """Return the anchors of the page's headings, as GitHub and MkDocs make them."""
    heads = re.findall(r"^#+ (.+)$", text(page), flags=re.MULTILINE)
    return {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", head.lower()).strip()) for head in heads}


# --- length ---------------------------------------------------------------------------------------


def test_functions_are_short() -> None:
    lengths = {
        f"{named(path)}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno
        for path in SRC.rglob("*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    long = sorted(((n + 1, where) for where, n in lengths.items() if n + 1 >= FUNCTION_LINES))
    assert len(long) <= len(lengths) * 0.05, "too many long functions, a noun is missing: " + str(
        long
    )


def test_files_are_short() -> None:
    lengths = {named(path): text(path).count("\n") for path in files("*.py")}
    assert {where: n for where, n in lengths.items() if n > FILE_LINES} == {}


# --- purity ---------------------------------------------------------------------------------------


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_core_needs_the_standard_library_only() -> None:
    foreign = {
        f"{named(path)} imports {module}"
        for path in (SRC / "core").rglob("*.py")
        for module in imported(path)
        if not f"{module}.".startswith("baohao.core.")
        and (
            module.split(".")[0] not in sys.stdlib_module_names
            or module.split(".")[0] in WORLDLY.split()
        )
    }
    assert foreign == set()


def test_a_stage_is_never_stored_as_truth() -> None:
    # UPDATE x SET ... status = ..., up to its WHERE: there a status may be asked for.
    ticks = re.compile(
        r"\bupdate\s+\w+(?:\s+\w+)?\s+set\b(?:(?!\bwhere\b|;).)*?\b(?:status|stage)\s*=",
        re.IGNORECASE | re.DOTALL,
    )
    guilty = [
        named(p) for p in SRC.rglob("*") if p.suffix in {".py", ".sql"} and ticks.search(text(p))
    ]
    assert guilty == []


# --- refusals -------------------------------------------------------------------------------------


def refusals() -> list[type[Refusal]]:
    """Return every refusal of the product, the root first."""
    for module in pkgutil.walk_packages(baohao.__path__, "baohao."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    tree: list[type[Refusal]] = [Refusal]
    for refusal in tree:
        tree.extend(refusal.__subclasses__())
    return [refusal for refusal in tree if refusal.__module__.startswith("baohao.")]


def fields(refusal: type[Refusal]) -> dict[str, str]:
    """Return the facts that the message names, each with how it is written."""
    parts = Formatter().parse(refusal.__dict__["__doc__"] or "")
    return {name: "" if conversion else spec or "" for _, name, spec, conversion in parts if name}


def writable(spec: str) -> bool:
    """Tell whether some plain value, a text, a whole number or an instant, can be written so."""
    for value in ("a", 1, datetime(2026, 2, 28, tzinfo=UTC)):
        try:
            format(value, spec)
        except ValueError:
            continue
        return True
    return False


@pytest.mark.usefixtures("pages")
def test_each_refusal_has_a_code_of_its_own() -> None:
    codes = Counter(str(refusal.__dict__.get("code")) for refusal in refusals())
    assert {code: n for code, n in codes.items() if n > 1} == {}
    assert [
        code for code in codes if not re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", code)
    ] == []


@pytest.mark.usefixtures("pages")
def test_each_refusal_has_a_message_that_formats() -> None:
    for refusal in refusals():
        doc = refusal.__dict__.get("__doc__")
        assert doc, f"{refusal.__name__} has no message"
        assert doc.strip().endswith((".", "}")), f"{refusal.__name__}: a message is a sentence"
        for name, spec in fields(refusal).items():
            assert name.isidentifier(), f"{refusal.__name__}: {name!r} is not the name of a fact"
            assert writable(spec), f"{refusal.__name__}: nothing can be written as {spec!r}"


@pytest.mark.usefixtures("pages")
def test_each_refusal_is_given_the_facts_of_its_message() -> None:
    known = {r.__name__: set(fields(r)) for r in refusals() if "__init__" not in r.__dict__}
    missing = []
    for path in SRC.rglob("*.py"):
        for call in ast.walk(parsed(path)):
            if not isinstance(call, ast.Call):
                continue
            name = (
                call.func.attr
                if isinstance(call.func, ast.Attribute)
                else getattr(call.func, "id", "")
            )
            given = {keyword.arg for keyword in call.keywords}
            # `None` is a **mapping, whose facts cannot be seen from here.
            if name in known and None not in given and known[name] - given:
                missing.append(f"{named(path)}:{call.lineno} {name} lacks {known[name] - given}")
    assert missing == []


# --- docs -----------------------------------------------------------------------------------------


def test_links_resolve() -> None:
    broken = []
    for page in files("*.md"):
        for link in links(page):
            target, _, anchor = link.partition("#")
            if "://" in link or link.startswith("mailto:"):
                continue
            there = (page.parent / target).resolve() if target else page
            if not there.exists() or (anchor and anchor not in anchors(there)):
                broken.append(f"{named(page)} -> {link}")
    assert broken == []


@pytest.mark.parametrize("shelf", SHELVES)
def test_each_page_stands_in_the_index_of_its_shelf(shelf: str) -> None:
    index = DOCS / shelf / "index.md"
    pages = {page.relative_to(DOCS / shelf).as_posix() for page in (DOCS / shelf).rglob("*.md")}
    assert pages - {"index.md"} - links(index) == set()


def test_decisions_are_numbered_and_titled_by_what_was_decided() -> None:
    pages = sorted(page for page in (DOCS / "decisions").glob("*.md") if page.name != "index.md")
    assert [page.name[:4] for page in pages] == [f"{n:04}" for n in range(1, len(pages) + 1)]
    index = text(DOCS / "decisions" / "index.md")
    for page in pages:
        assert title(page).startswith(page.name[:4] + " "), (
            f"{page.name}: the title has another number"
        )
        assert f"[{title(page)}]({page.name})" in index, (
            f"{page.name}: not in the index by its title"
        )


def library_row(policy: Path) -> str:
    """Return the row of the library's table that says what the document says of itself."""
    said = tomllib.loads(text(policy))
    checked = max((str(source["checked"]) for source in said.get("sources", [])), default="–")
    where = policy.relative_to(ROOT / "policies").as_posix()
    # A deadline somewhere between two times is an unknown, too.
    batches = sum("between" in str(clock.get("ends")) for clock in said["clocks"].values())
    unknowns = len(said.get("unknown", [])) + batches
    facts = (said["country"], said["confidence"], checked, unknowns)
    return f"| [{said['title']}]({where}) | {' | '.join(map(str, facts))} |"


def test_each_policy_stands_in_the_library_as_it_says_of_itself() -> None:
    shelf = ROOT / "policies"
    beside = {"charging", "commissions", "exchange", "fees", "operators", "overlays", "promotions"}
    rows = {library_row(f) for f in shelf.rglob("*.toml") if f.parent.name not in beside}
    lines = set(text(shelf / "README.md").splitlines())
    table = {line for line in lines if line.startswith("| [")}
    assert (sorted(rows - table), sorted(table - rows)) == ([], []), "to add, to remove"


def test_the_glossary_has_the_words() -> None:
    words = (
        "number, card, operator, line, custody, authority, holder, tenure, plan, promotion, policy,"
        " clock, stage, subject, ask, benefit, decision, refusal, journal, books, float, till,"
        " grant, fee schedule, standing order, record, observation, channel, effect"
    )
    explained = re.findall(r"^\| \*\*(.+?)\*\* \|", text(DOCS / "glossary.md"), flags=re.MULTILINE)
    assert set(words.split(", ")) - set(explained) == set()
    assert [word for word, n in Counter(explained).items() if n > 1] == []


# --- commands, versions, packages -----------------------------------------------------------------


def test_the_readme_names_the_two_commands_and_ci_runs_the_second() -> None:
    commands = re.findall(r"^    (.+)$", text(ROOT / "README.md"), flags=re.MULTILINE)
    assert commands == ["make demo", "make test"]
    assert text(ROOT / ".ci" / "run").rstrip().endswith("exec make test")


def test_make_help_names_every_target() -> None:
    makefile = text(ROOT / "Makefile")
    phony = re.findall(r"^\.PHONY: (\w+)$", makefile, flags=re.MULTILINE)
    assert phony == re.findall(r"^(\w+):.*## .+$", makefile, flags=re.MULTILINE)


def test_the_lock_holds_every_dependency_by_hash_and_no_address() -> None:
    lock = text(ROOT / "requirements.lock")
    pins = re.findall(r"^([a-z0-9-]+)==", lock, flags=re.MULTILINE)
    project = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {re.split(r"[^\w-]", line, maxsplit=1)[0] for line in wanted} - set(pins) == set()
    assert lock.count("--hash=sha256:") >= len(pins)
    assert (
        re.findall(r"^(?![a-z0-9-]+==|    --hash=sha256:[0-9a-f]{64}( \\)?$).+", lock, re.MULTILINE)
        == []
    )


def test_files_name_no_machine_and_no_registry() -> None:
    told = re.compile(
        r"(?<![\w.~-])/(?:work|root|home|opt|Users)/|pypi\.org|pythonhosted|npmjs\.|deb\.debian\.org"
    )
    guilty = []
    for path in files("*"):
        # This page must name what it looks for.
        if path == Path(__file__) or path.suffix in {".xlsx", ".png", ".pyc"}:
            continue
        guilty += [
            f"{named(path)}: {found}" for found in told.findall(path.read_bytes().decode("latin-1"))
        ]
    assert guilty == []


def test_a_wheel_carries_the_statements_and_the_policies(tmp_path: Path) -> None:
    build = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "--target",
        "wheel",
        "--directory",
        str(tmp_path),
    ]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    here = {
        f"baohao/{path.relative_to(SRC).as_posix()}"
        for path in SRC.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    library = {
        f"baohao/policies/{path.relative_to(policies_path()).as_posix()}"
        for path in policies_path().rglob("*.toml")
    }
    assert (here | library) - inside == set()
