"""
The pages' texts: `python -m baohao.web.messages` takes new ones in, sorts and compiles them.

A language is a folder below `locale`, named as Django names it: whoever adds one adds no code.
Texts are those of the templates, those that code asks `gettext` for, the sentences of refusals
that a page may show, the reasons that are given in them, and a few of the libraries' forms.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import escape as quoted
from babel.messages.pofile import read_po

_ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)
HERE = Path(__file__).parent
LOCALE = HERE / "locale"
HOUSE = HERE.parent

#: Whose refusals no page shows: they are about files and commands of whoever runs the house.
UNSHOWN = (
    "app/account_codes.py",
    "app/bank/",
    "app/catalogue.py",
    "app/charging/",
    "app/close.py",
    "app/csv_files.py",
    "app/feed/",
    "app/house.py",
    "app/intake.py",
    "app/judging.py",
    "app/inventory_columns.py",
    "app/library.py",
    "app/play.py",
    "app/policies.py",
    "app/readings.py",
    "app/receipts/desk.py",
    "app/receipts/export.py",
    "app/receipts/retention.py",
    "core/bank/",
    "core/books/",
    "core/charging.py",
    "core/commissions.py",
    "core/credentials.py",
    "core/deferral.py",
    "core/decide/gateway.py",
    "core/exchange.py",
    "core/identifiers/activation_code.py",
    "core/identifiers/eid.py",
    "core/identifiers/imei.py",
    "core/identifiers/imsi.py",
    "core/identifiers/mrz.py",
    "core/policy/",
    "core/promotions/",
    # Told to machines.
    "web/home/robots.py",
)
#: What is said within a refusal's sentence, where it stands in the code as it is.
_SAID_WITHIN = ("reason", "hint")

#: Texts of the libraries that make our forms, in our words: not every language has them there.
BORROWED = (
    "Authenticator code",
    "Be patient, you are sending too many requests.",
    "Code",
    "Current Password",
    "Enter a valid date.",
    "Enter a whole number.",
    "Incorrect code.",
    "Incorrect password.",
    "Invalid or expired key.",
    "Key nr. {number}",
    "Master key",
    "Backup key",
    "New Password",
    "New Password (again)",
    "Password",
    "Passwordless",
    "Phone",
    "Please type your current password.",
    "Recovery codes",
    "Remember Me",
    "The new value must be different from the current one.",
    "The phone number and/or password you specified are not correct.",
    "The username and/or password you specified are not correct.",
    "This account is currently inactive.",
    "This field is required.",
    "This password is too common.",
    "Too many failed login attempts. Try again later.",
    "Use a security key",
    "Use authenticator app or code",
    "Use your password",
    "Username",
    "Username, email or phone",
    "You cannot deactivate two-factor authentication.",
    "You must type the same password each time.",
)

_TRANS = re.compile(r"""\{%\s*trans(?:late)?\s+(?:"([^"]*)"|'([^']*)')""")
_BLOCK = re.compile(
    r"\{%\s*blocktrans(?:late)?\b([^%]*)%\}(.*?)\{%\s*endblocktrans(?:late)?\s*%\}", re.DOTALL
)
_PLURAL = re.compile(r"\{%\s*plural\s*%\}")
_VALUE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
#: A text, or one of a thing and one of several.
Text = str | tuple[str, str]


def catalogues() -> list[Path]:
    """Return the text of every language that is there."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def texts() -> dict[str, Text]:
    """Return every text that a page may show, by itself or by its singular."""
    found: dict[str, Text] = {}
    for text in (*_of_pages(), *_of_code(), *_of_refusals(), *BORROWED):
        key = text if isinstance(text, str) else text[0]
        # The same words with and without a plural are one entry, which has it.
        if key and not isinstance(found.get(key), tuple):
            found[key] = text
    return found


def _of_pages() -> Iterator[Text]:
    for file in sorted(HERE.rglob("templates/**/*.*")):
        page = file.read_text(encoding="utf-8")
        yield from (double or single for double, single in _TRANS.findall(page))
        for options, block in _BLOCK.findall(page):
            parts = [_VALUE.sub(r"%(\1)s", part) for part in _PLURAL.split(block)]
            if "trimmed" in options:
                parts = [" ".join(part.split()) for part in parts]
            yield parts[0] if len(parts) == 1 else (parts[0], parts[1])


def _of_code() -> Iterator[Text]:
    for file in sorted(HERE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            said = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            if called in ("gettext", "gettext_lazy", "gettext_noop") and said:
                yield str(said[0])
            elif called in ("ngettext", "ngettext_lazy") and len(said) > 1:
                yield str(said[0]), str(said[1])


def _of_refusals() -> Iterator[Text]:
    for room in ("core", "app", "web"):
        for file in sorted((HOUSE / room).rglob("*.py")):
            if file.relative_to(HOUSE).as_posix().startswith(UNSHOWN):
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and _has_code(node):
                    yield " ".join((ast.get_docstring(node) or "").split())
                elif isinstance(node, ast.Call):
                    yield from _reasons(node)


def _has_code(node: ast.ClassDef) -> bool:
    return any(
        getattr(target, "id", "") == "code" and bool(getattr(part.value, "value", ""))
        for part in node.body
        if isinstance(part, ast.Assign | ast.AnnAssign)
        for target in (part.targets if isinstance(part, ast.Assign) else [part.target])
    )


def _reasons(node: ast.Call) -> Iterator[str]:
    """Yield the reasons that stand in a refusal as it is raised."""
    if not getattr(node.func, "id", "a")[:1].isupper():
        return
    for each in node.keywords:
        is_text = isinstance(each.value, ast.Constant) and isinstance(each.value.value, str)
        if each.arg in _SAID_WITHIN and is_text:
            yield str(each.value.value)  # type: ignore[attr-defined]


def written(kept: Catalog) -> str:
    """Return a language with every text that is wanted and no other; what is new is empty."""
    wanted = texts()
    lines = [f'msgid ""\nmsgstr ""\n{_head(kept)}']
    for key in sorted(wanted):
        text = wanted[key]
        there = kept.get(key)
        said = there.string if there is not None else ""
        # A text that has got a plural keeps what was said, as the first of its forms.
        forms = list(said) if isinstance(said, list | tuple) else [said or ""]
        lines.append(_entry(text, forms, kept.num_plurals))
    return "\n".join(lines)


def _entry(text: Text, forms: list[str], count: int) -> str:
    first = text if isinstance(text, str) else text[0]
    flags = "#, python-format\n" if re.search(r"%\(\w+\)s", first) else ""
    flags = "#, python-brace-format\n" if re.search(r"\{\w+(![rs])?\}", first) else flags
    if isinstance(text, str):
        return f"{flags}msgid {quoted(first)}\nmsgstr {quoted(forms[0])}\n"
    forms += [""] * (count - len(forms))
    said = "".join(f"msgstr[{n}] {quoted(form)}\n" for n, form in enumerate(forms[:count]))
    return f"{flags}msgid {quoted(first)}\nmsgid_plural {quoted(text[1])}\n{said}"


def _head(catalogue: Catalog) -> str:
    heads = (
        f"Language: {catalogue.locale}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        f"Plural-Forms: {catalogue.plural_forms}",
    )
    return "".join(f'"{head}\\n"\n' for head in heads)


def read(file: Path) -> Catalog:
    """Read what is written of a language."""
    with file.open("rb") as text:
        return read_po(text, locale=file.parent.parent.name)


def compiled(file: Path) -> bytes:
    """Return what Django reads of a text: the same for the same text."""
    catalogue = read(file)
    # It is kept in git: when it was compiled is nobody's concern.
    catalogue.creation_date = catalogue.revision_date = _ALWAYS
    made = BytesIO()
    write_mo(made, catalogue)
    return made.getvalue()


if __name__ == "__main__":
    for each in catalogues():
        each.write_text(written(read(each)), encoding="utf-8")
        each.with_suffix(".mo").write_bytes(compiled(each))
        missing = sum(not message.string for message in read(each) if message.id)
        sys.stdout.write(f"{each.parts[-3]}: {missing} texts are not translated\n")
