"""
Where in a TOML file each key and value stands.

The standard parser gives values without places. This scanner gives places without values: it walks
over text that the parser has already accepted, so it need not judge it.
"""

from __future__ import annotations

from collections.abc import Mapping

from baohao.core.policy.findings import Place

_BLANK = " \t\r\n"
_BARE_ENDS = " \t\r\n=.]#,}"


def line_of(lines: Mapping[Place, int], place: Place) -> int:
    """Return the line of a place, or of the nearest place around it that the file has, or 1."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def toml_lines(text: str) -> dict[Place, int]:
    """
    Return the line (from 1) of every key and list item of a valid TOML document.

    >>> toml_lines("a = 1\\n[[b]]\\nc = [\\n  7,\\n]")[("b", 0, "c", 0)]
    4
    """
    return _Scanner(text).lines


class _Scanner:
    """A walk over a document, one character after the other."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {}
        self._text = text
        self._at = 0
        self._line = 1
        #: How many tables each list of tables has so far.
        self._counts: dict[Place, int] = {}
        self._table: Place = ()
        self._skip_blank()
        while self._at < len(text):
            if self._peek() == "[":
                self._header()
            else:
                self._pair(self._table)
            self._skip_blank()

    # --- characters --------------------------------------------------------------------------

    def _peek(self, length: int = 1) -> str:
        return self._text[self._at : self._at + length]

    def _move(self, length: int = 1) -> None:
        self._line += self._text.count("\n", self._at, self._at + length)
        self._at += length

    def _skip_blank(self, extra: str = "") -> None:
        """Skip blanks, line ends and comments, and the characters of `extra`."""
        while (char := self._peek()) and char in _BLANK + extra + "#":
            if char == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            else:
                self._move()

    def _note(self, place: Place) -> None:
        self.lines.setdefault(place, self._line)

    # --- statements --------------------------------------------------------------------------

    def _header(self) -> None:
        many = self._peek(2) == "[["
        line = self._line
        self._move(2 if many else 1)
        keys = self._keys("]")
        self._move(2 if many else 1)
        place: Place = ()
        for key in keys[:-1]:
            place = self._last((*place, key))
            self.lines.setdefault(place, line)
        place = (*place, keys[-1])
        self.lines.setdefault(place, line)
        if many:
            index = self._counts.get(place, 0)
            self._counts[place] = index + 1
            place = (*place, index)
            self.lines[place] = line
        self._table = place

    def _last(self, place: Place) -> Place:
        """The last table of a list of tables; another place is itself."""
        count = self._counts.get(place)
        return place if count is None else (*place, count - 1)

    def _pair(self, table: Place) -> None:
        self._skip_blank()
        line = self._line
        place = table
        for key in self._keys("="):
            place = (*place, key)
            self.lines.setdefault(place, line)
        self._move()
        self._value(place)

    def _keys(self, end: str) -> list[str]:
        """Read a dotted key up to, not including, `end`."""
        keys = []
        self._skip_blank()
        while self._peek() not in end:
            if self._peek() in "\"'":
                keys.append(self._string())
            else:
                start = self._at
                while self._peek() not in _BARE_ENDS:
                    self._move()
                keys.append(self._text[start : self._at])
            self._skip_blank(extra=".")
        return keys

    # --- values ------------------------------------------------------------------------------

    def _value(self, place: Place) -> None:
        self._skip_blank()
        char = self._peek()
        if char in "\"'":
            self._string()
        elif char == "[":
            self._list(place)
        elif char == "{":
            self._inline(place)
        else:
            while (char := self._peek()) and char not in ",]}#\r\n":
                self._move()

    def _list(self, place: Place) -> None:
        self._move()
        index = 0
        self._skip_blank()
        while self._peek() != "]":
            self._note((*place, index))
            self._value((*place, index))
            index += 1
            self._skip_blank(extra=",")
        self._move()

    def _inline(self, place: Place) -> None:
        self._move()
        self._skip_blank()
        while self._peek() != "}":
            self._pair(place)
            self._skip_blank(extra=",")
        self._move()

    def _string(self) -> str:
        """Skip a string of any of the four kinds; return its text as it is written."""
        quote = self._peek()
        long = self._peek(3) == quote * 3
        end = quote * 3 if long else quote
        self._move(len(end))
        start = self._at
        while self._peek(len(end)) != end:
            self._move(2 if self._peek() == "\\" and quote == '"' else 1)
        text = self._text[start : self._at]
        self._move(len(end))
        # A long string may end in one or two quotes of its own.
        while long and self._peek() == quote:
            self._move()
        return text
