"""Bodies that several pages share. A field that is not named here is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from baohao.core.civil import aware
from baohao.core.decide.payload import YEARS


def written(value: object) -> object:
    """Refuse a time that is a number: nobody knows of what, and since when."""
    if not isinstance(value, str):
        raise ValueError("write it as text")
    return value


def _utc(instant: datetime) -> datetime:
    """Return an instant in UTC: it is the same, however it was written."""
    if instant.year not in YEARS:
        raise ValueError(f"its year must be from {YEARS[0]} to {YEARS[-1]}")
    return aware(instant)


Minor = Annotated[int, Field(ge=0, lt=2**53, strict=True, description="Whole minor units.")]
Code = Annotated[str, Field(max_length=80)]
Term = Annotated[str, Field(max_length=40, description='As "12 months" or "12m".')]
Written = Annotated[str, Field(max_length=40, description="E.164, as +85366123456.")]
Instant = Annotated[AwareDatetime, BeforeValidator(written), AfterValidator(_utc)]
Version = Annotated[int, Field(ge=0, lt=2**31, strict=True)]
Flag = Annotated[bool, Field(strict=True)]


class Body(BaseModel):
    """A body that comes in: exactly these fields, exactly these types."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Buys(Body):
    """What every purchase may say."""

    codes: tuple[Code, ...] = Field((), max_length=10, description="Of promotions.")
    quote: UUID | None = Field(None, description="The quote that was shown.")
    total_minor: Minor | None = Field(None, description="The price that was shown.")
    service_fee_minor: Minor | None = Field(None, description="Your own fee, on top.")
    expect_until: Instant | None = Field(None, description="The deadline that was shown.")
    expect_version: Version | None = Field(None, description="Or the version, also in If-Match.")

    def payload(self) -> dict[str, Any]:
        """Return the fields of an ask, those that are said."""
        found: dict[str, Any] = {
            "codes": list(self.codes) or None,
            "quote": None if self.quote is None else str(self.quote),
            "total_minor": self.total_minor,
            "service_fee_minor": self.service_fee_minor,
        }
        return {name: value for name, value in found.items() if value is not None}


class Told(BaseModel):
    """A body that goes out."""

    model_config = ConfigDict(frozen=True)


class Problem(Told):
    """Why not, as RFC 9457 has it."""

    type: str = Field(description="The page that explains the code.")
    title: str
    status: int
    detail: str = Field(description="A sentence for people, in English.")
    code: str = Field(description="Stable; what machines read.")
    facts: dict[str, Any] = Field(description="What the sentence names.")
    pointer: str | None = Field(None, description="JSON pointer to the field at fault.")


class Share(Told):
    """What one promotion gives."""

    promotion: str | None = Field(description="Null: the library has it no more.")
    minor: int | None = None
    time: str | None = None


class ChargeTold(Told):
    """What became of a sale in the operator's own system, where that is master."""

    state: str = Field(description="pending, unknown, done, refused (and given back) or stuck.")
    their_id: str | None
    last_at: datetime | None = Field(description="When it was last tried.")


class Sold(Told):
    """A paid act. Money is in whole minor units."""

    id: str = Field(description="Of the act, and of its receipt.")
    number: str
    until: datetime | None = Field(None, description="The new renewal deadline.")
    version: int
    total_minor: int
    currency: str | None
    lost_days: int | None = Field(None, description="Days that the product's cap took.")
    charge: ChargeTold | None = None


class Outcome(Told):
    """What became of a row: what was sold, or the problem, with a pointer into the row."""

    status: int = Field(description="As the row by itself would have had.")
    sold: Sold | None = None
    problem: Problem | None = None
