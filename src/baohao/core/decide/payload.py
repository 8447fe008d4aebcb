"""Reading an ask's payload: every field by name, every error with the field and the reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from baohao.core.asks import Ask
from baohao.core.books.chart import Account
from baohao.core.civil import Span, aware
from baohao.core.refusals import Malformed

#: The years that lines live in; a document or a promise of another one is a slip of the pen.
YEARS = range(1970, 2500)
_DAYS_MAX = 36_525
#: On what grounds something is done: why, who else looked at it, and the digest of the paper by
#: which somebody may ask who is not the holder. Every verb takes them.
GROUNDS = ("reason", "cause", "approved_by", "authority")
_GROUND_MAX = 300


class FieldMalformed(Malformed):
    """The field "{field}" is not valid: {reason}."""

    code = "ask.field"


class FieldMissing(FieldMalformed):
    """The field "{field}" is missing: {reason}."""

    code = "ask.field.missing"


class FieldUnknown(FieldMalformed):
    """The field "{field}" means nothing to "{verb}"."""

    code = "ask.field.unknown"


def only(ask: Ask, *names: str) -> None:
    """Refuse fields that the verb does not know; raises `FieldUnknown`."""
    known = {*names, "accept_shorter", *GROUNDS}
    for field in ask.payload:
        if field not in known:
            raise FieldUnknown(field=field, verb=ask.verb)


def text(ask: Ask, field: str, default: str | None = None, *, among: Collection[str] = ()) -> str:
    """Return a text; raises `FieldMissing` without a default, `FieldMalformed` when it is none."""
    value = ask.payload.get(field, default)
    if value is None:
        raise FieldMissing(field=field, reason="it is needed here")
    if not isinstance(value, str) or "\0" in value or not value.isprintable():
        raise FieldMalformed(field=field, reason="it must be printable text")
    if among and value not in among:
        raise FieldMalformed(field=field, reason=f"it must be one of {', '.join(sorted(among))}")
    return value


def reason(ask: Ask) -> str:
    """Return why; raises `FieldMissing` when it is not said."""
    why = text(ask, "reason", "").strip()
    if not why:
        raise FieldMissing(field="reason", reason="say why, in words")
    return why


def grounds(ask: Ask) -> dict[str, object]:
    """Return on what grounds it is asked, as far as that is said: the event is to keep it."""
    said = {name: text(ask, name).strip() for name in GROUNDS if ask.payload.get(name) is not None}
    for name, value in said.items():
        if len(value) > _GROUND_MAX:
            raise FieldMalformed(field=name, reason=f"write at most {_GROUND_MAX} letters")
    return {name: value for name, value in said.items() if value}


def whole(ask: Ask, field: str, default: int | None = None, *, least: int = 0) -> int:
    """Return a whole number of at least `least`; never a float, never true or false."""
    value = ask.payload.get(field, default)
    if value is None:
        raise FieldMissing(field=field, reason="it is needed here")
    if type(value) is not int or value < least or value >= 2**53:
        raise FieldMalformed(field=field, reason=f"it must be a whole number from {least} on")
    return value


def flag(ask: Ask, field: str) -> bool:
    """Return true or false; false when it is not said."""
    value = ask.payload.get(field, False)
    if not isinstance(value, bool):
        raise FieldMalformed(field=field, reason="it must be true or false")
    return value


def span(ask: Ask, field: str) -> Span:
    """Return a span such as "12 months", of a hundred years at most."""
    value = Span.parse(text(ask, field))
    if value.about_days > _DAYS_MAX:
        raise FieldMalformed(field=field, reason="it is longer than a hundred years")
    return value


def instant(ask: Ask, field: str, default: datetime | None = None) -> datetime:
    """Return an instant with its offset, in UTC, of the years that lines live in."""
    if field not in ask.payload and default is not None:
        return default
    try:
        value = aware(datetime.fromisoformat(text(ask, field)))
    except (ValueError, OverflowError):
        raise FieldMalformed(field=field, reason="it must be an instant with an offset") from None
    _of_our_time(field, value.year)
    return value


def day(ask: Ask, field: str) -> date:
    """Return a calendar day, as in 2027-03-31."""
    try:
        value = date.fromisoformat(text(ask, field))
    except ValueError:
        raise FieldMalformed(field=field, reason="it must be a day, as in 2027-03-31") from None
    _of_our_time(field, value.year)
    return value


def _of_our_time(field: str, year: int) -> None:
    if year not in YEARS:
        raise FieldMalformed(field=field, reason=f"its year must be from {YEARS[0]} to {YEARS[-1]}")


def account(ask: Ask, field: str) -> Account:
    """Return an account by its text; raises `AccountMalformed`."""
    return Account.parse(text(ask, field))


def part(ask: Ask, field: str) -> Mapping[str, object]:
    """Return an object; empty when it is not said."""
    value = ask.payload.get(field, {})
    if not isinstance(value, Mapping):
        raise FieldMalformed(field=field, reason="it must be an object")
    return value


def parts(ask: Ask, field: str) -> list[Mapping[str, object]]:
    """Return a list of objects; empty when it is not said."""
    value = ask.payload.get(field, [])
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise FieldMalformed(field=field, reason="it must be a list of objects")
    return list(value)


def texts(ask: Ask, field: str) -> tuple[str, ...]:
    """Return a list of texts; empty when it is not said."""
    value = ask.payload.get(field, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise FieldMalformed(field=field, reason="it must be a list of texts")
    return tuple(value)
