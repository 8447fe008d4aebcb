"""
The tree of every way the rules say no.

A refusal's docstring is its message, formatted with the facts given; its code is stable and is what
machines read; shells translate the message. Verbs raise a refusal, `decide` returns it.

    Refusal
    ├── Malformed          the input is not what it claims to be: where, and what is wrong
    │   └── (identifiers)  core/identifiers
    └── ...
"""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):  # noqa: N818 - "refusal" is the word of the domain
    """Refused."""

    #: Stable, lower-case, dotted from general to particular; never changes once released.
    code: ClassVar[str] = "refused"

    def __init__(self, **facts: object) -> None:
        super().__init__()
        #: What the message names: plain values only (text, whole numbers, dates, instants).
        self.facts = facts

    @property
    def message(self) -> str:
        """The English sentence; shells look its translation up by `code`, with the same facts."""
        # A template may be wrapped in the source; the sentence is one line.
        return " ".join((type(self).__doc__ or self.code).split()).format(**self.facts)

    def __str__(self) -> str:
        return self.message

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.facts == getattr(other, "facts", None)

    def __hash__(self) -> int:
        return hash((type(self), tuple(sorted((k, str(v)) for k, v in self.facts.items()))))


class Malformed(Refusal):
    """{what} {value!r} is not valid: {reason}."""

    code = "malformed"
