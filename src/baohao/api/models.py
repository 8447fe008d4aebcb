"""Bodies that several pages share. A field that is not named here is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Body(BaseModel):
    """A body that comes in: exactly these fields, exactly these types."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class Sold(Told):
    """A paid act. Money is in whole minor units."""

    id: str = Field(description="Of the act, and of its receipt.")
    number: str
    until: datetime | None = Field(None, description="The new renewal deadline.")
    version: int
    total_minor: int
    currency: str | None
    lost_days: int | None = Field(None, description="Days that the product's cap took.")
