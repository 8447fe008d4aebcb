"""
A reader of XML that does as little as possible: no document type, so no entities to expand.

Elements are known by their local names, each with the line that it begins in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from baohao.app.ports import StatementRefused

#: No statement is nested deeper, has more elements, or a longer text.
DEPTH_MAX, ELEMENTS_MAX, TEXT_MAX = 64, 4_000_000, 100_000

_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]{1,20})["']""")
_CHINESE = dict.fromkeys(("gbk", "gb2312", "gb18030"), "gb18030") | {"big5": "big5hkscs"}


@dataclass(slots=True)
class Element:
    """One element."""

    name: str
    line: int
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, path: str) -> Iterator[Element]:
        """Yield the elements below by a path of names, as in "NtryDtls/TxDtls"."""
        name, _, rest = path.partition("/")
        for child in self.children:
            if child.name == name:
                yield from child.all(rest) if rest else (child,)

    def first(self, *paths: str) -> Element | None:
        """Return the first element by the first path that leads to one."""
        return next((found for path in paths for found in self.all(path)), None)

    def said(self, *paths: str) -> str:
        """Return the text of that element, without blanks around it; empty: there is none."""
        found = self.first(*paths)
        return "" if found is None else found.text.strip()


def _plain(data: bytes) -> bytes | str:
    """Return a document that the parser can read: of Chinese encodings it knows none."""
    declared = _DECLARED.match(data)
    known_as = _CHINESE.get(declared[1].decode().lower()) if declared else None
    return data if known_as is None else data.decode(known_as)


class _Builder:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.buffer_text = True
        self._open: list[Element] = []
        self._count = 0
        self.root: Element | None = None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        self._count += 1
        if len(self._open) == DEPTH_MAX or self._count > ELEMENTS_MAX:
            raise StatementRefused(reason=f"line {line}: no statement is like that")
        element = Element(name.rpartition(" ")[2], line, attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text
            if len(self._open[-1].text) > TEXT_MAX:
                line = self.parser.CurrentLineNumber
                raise StatementRefused(reason=f"line {line}: no statement is like that")

    def _doctype(self, *_: object) -> None:
        line = self.parser.CurrentLineNumber
        raise StatementRefused(reason=f"line {line}: a document type has no place in a statement")


def read(data: bytes) -> Element:
    """Read a document; raises `StatementRefused` with the line at which it is none."""
    builder = _Builder()
    try:
        builder.parser.Parse(_plain(data), True)
    except expat.ExpatError as error:
        what = expat.errors.messages.get(error.code, "it is no XML")
        raise StatementRefused(reason=f"line {error.lineno}: {what}") from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise StatementRefused(reason=f"line {line}: it is not {error.encoding}") from None
    except (LookupError, ValueError):
        raise StatementRefused(reason="its encoding is not known") from None
    if builder.root is None:
        raise StatementRefused(reason="it is empty")
    return builder.root
