"""
Accounts: who signs in, and what for.

A holder's account knows the holder's random id and nothing else; which numbers it may see follows
from the tenures of today, never from the account.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from baohao.outside.ids import new_id
from baohao.web.accounts.roles import Role


class Accounts(BaseUserManager["Account"]):
    """Makes accounts."""

    def of_holder(self, holder: str) -> Account:
        """Return the account of a holder, made at the first sign-in."""
        found, _ = self.get_or_create(name=f"holder:{holder}", holder=holder)
        return found

    def staff(self, name: str, operator: str, role: Role, password: str, **more: str) -> Account:
        """Make an account of somebody who works for an operator."""
        made = self.model(name=name, operator=operator, role=role, **more)
        made.set_password(password)
        made.save()
        return made

    def at_home(self, name: str, password: str, *, title: str, holder: str = "") -> Account:
        """Make an account of somebody of a household, who signs in by a name and a password."""
        made = self.model(name=name, title=title, holder=holder or str(new_id()))
        made.set_password(password)
        made.save()
        return made

    def of_directory(self, name: str, operator: str) -> Account:
        """Make an account of somebody whom the operator's directory lets in; it has no password."""
        made = self.model(name=name, operator=operator, by_directory=True)
        made.set_unusable_password()
        return made


class Account(AbstractBaseUser):
    """Somebody who signs in."""

    #: What staff sign in by, and people at home; "holder:ID" for holders, who never type it.
    name: models.CharField[str, str] = models.CharField(max_length=80, unique=True)
    title: models.CharField[str, str] = models.CharField(max_length=80, blank=True)
    email: models.EmailField[str, str] = models.EmailField(blank=True)
    is_active: models.BooleanField[bool, bool] = models.BooleanField(default=True)
    #: The holder's random id; empty: staff, or somebody of an agent's.
    holder: models.CharField[str, str] = models.CharField(max_length=80, blank=True, db_index=True)
    #: For whom staff work, as what, and at which issuing point and till.
    operator: models.CharField[str, str] = models.CharField(max_length=40, blank=True)
    role: models.CharField[str, str] = models.CharField(
        max_length=20, blank=True, choices=[(r.value, r.value) for r in Role]
    )
    point: models.CharField[str, str] = models.CharField(max_length=40, blank=True)
    till: models.CharField[str, str] = models.CharField(max_length=40, blank=True)
    #: Whether the password was given by others, and is to be changed before anything else.
    must_change: models.BooleanField[bool, bool] = models.BooleanField(default=False)
    #: The agent whose people sign in.
    agent: models.CharField[str, str] = models.CharField(max_length=80, blank=True)
    #: Whether the operator's directory says who it is, and as what they work.
    by_directory: models.BooleanField[bool, bool] = models.BooleanField(default=False)
    #: Of a sign-in that is under way: whether the directory asked for a second factor.
    came_with_two = False

    USERNAME_FIELD = "name"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = Accounts()

    def __str__(self) -> str:
        return self.title or self.name

    @property
    def principal(self) -> str:
        """Who asks at the door; of an agent's people, the agent."""
        return self.agent or self.holder or self.name

    def has_usable_password(self) -> bool:
        """
        Say whether they sign in by a password: those of a directory never do, and holders whom a
        code finds have none.
        """
        return bool(self.password) and not self.by_directory and super().has_usable_password()


class Deed(models.Model):
    """Something that was done in a console: who, what, when, on what. Only ever added to."""

    at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    operator: models.CharField[str, str] = models.CharField(max_length=40)
    #: The name that they sign in by.
    by: models.CharField[str, str] = models.CharField(max_length=80)
    what: models.CharField[str, str] = models.CharField(max_length=20)
    #: A number, an exception, somebody's name, a list.
    subject: models.CharField[str, str] = models.CharField(max_length=120, blank=True)
    said: models.CharField[str, str] = models.CharField(max_length=400, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["operator", "-id"], name="deeds_latest")
        ]
