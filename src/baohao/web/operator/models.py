"""How an operator looks to its holders: what it is called, and its colour."""

from __future__ import annotations

from typing import Any

from django.db import models


class Brand(models.Model):
    """One operator's brand."""

    operator: models.CharField[str, str] = models.CharField(max_length=40, unique=True)
    #: What stands where a logo would.
    logo: models.CharField[str, str] = models.CharField(max_length=24)
    #: As "#0b6e4f": on light and on dark grounds.
    light: models.CharField[str, str] = models.CharField(max_length=7)
    dark: models.CharField[str, str] = models.CharField(max_length=7)
    #: language -> what it is called there; what is missing is as the library has it.
    names: models.JSONField[Any, Any] = models.JSONField(default=dict)
    #: In the order in which they are offered; none: all that the pages have.
    languages: models.JSONField[Any, Any] = models.JSONField(default=list)
    #: Counts changes, so that no browser shows an earlier one.
    version: models.IntegerField[int, int] = models.IntegerField(default=1)
