"""Whose things are shown: a holder's own, by the tenures of today."""

from __future__ import annotations

from functools import partial

from django.http import Http404, HttpRequest

from baohao.app import life, tenures
from baohao.app.glance import Glance
from baohao.app.life import Life
from baohao.web import selling
from baohao.web.accounts.doors import signed_in
from baohao.web.desk import desk


def held(request: HttpRequest, number: str) -> int:
    """
    Return the epoch of the reader's tenure of a number.

    Raises `Http404` for a number of anybody else's, whether it is there or not.
    """
    found = desk().read(partial(tenures.open_one, number=number))
    if found is None or not found.holder or found.holder != signed_in(request).holder:
        raise Http404
    return found.epoch


def own(request: HttpRequest, number: str) -> Glance:
    """Return a line of the reader's; raises `Http404` for any other, as `held`."""
    held(request, number)
    return selling.look(number)


def own_life(request: HttpRequest, number: str) -> Life:
    """Return the life of a line of the reader's; raises `Http404` for any other, as `held`."""
    held(request, number)
    reader = signed_in(request).holder
    return desk().read(partial(life.life, terms=desk().terms, number=number, reader=reader))
