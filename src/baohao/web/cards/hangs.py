"""What hangs on a number: what is moved before it is let go; and letting it go."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from baohao.app.kept.about import TEXT_MAX, NotesMoved
from baohao.app.kept.listing import Card
from baohao.core.decide.register import NobodyHolds
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.cards.own import acted_on
from baohao.web.cards.told import write
from baohao.web.desk import desk, made
from baohao.web.holder.leave import ACCOUNTS
from baohao.web.wording import said

#: Begins what was moved elsewhere.
MOVED = "✓"
#: So often a list is written again over what somebody else wrote meanwhile.
TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something that hangs on a number."""

    #: As it is kept.
    text: str
    said: str
    is_moved: bool


def things(card: Card) -> list[Thing]:
    """Return what hangs on a card's number, what is still to be moved first."""
    found = [
        Thing(text=bare(each), said=str(ACCOUNTS.get(bare(each), bare(each))), is_moved=moved(each))
        for each in card.noted.about.hangs
    ]
    return sorted(found, key=lambda each: each.is_moved)


def bare(text: str) -> str:
    """Return what hangs on a number, without its mark."""
    return text.removeprefix(MOVED)


def moved(text: str) -> bool:
    """Whether it was moved elsewhere."""
    return text.startswith(MOVED)


@holders
def hangs(request: HttpRequest, card: str) -> HttpResponse:
    """Keep the list of what hangs on a number."""
    own = acted_on(request, card)
    refused, more = None, ""
    if request.method == "POST":
        more = request.POST.get("more", "").strip()[: TEXT_MAX + 1]
        try:
            _keep(request, card, more)
            messages.success(request, gettext("The list is kept."))
            return redirect("cards_hangs", card=card)
        except Refusal as refusal:
            refused = said(refusal)
    listed = things(own.card)
    known = {each.text for each in listed}
    page = {
        "card": own.card,
        "things": listed,
        "others": [(key, words) for key, words in ACCOUNTS.items() if key not in known],
        "left": sum(not each.is_moved for each in listed),
        "refused": refused,
        "more": more,
    }
    return render(request, "cards/hangs.html", page, status=409 if refused else 200)


def _keep(request: HttpRequest, card: str, more: str) -> None:
    """
    Change what was changed on the page, and nothing else: two who tick at once lose nothing.

    Raises `NoteTooLong`, and `NotesMoved` where others write without end.
    """
    for attempt in range(TRIES):
        found = acted_on(request, card).card
        about = found.noted.about
        after = _changed(request, about.hangs, more)
        if after == about.hangs:
            return
        try:
            write(found, replace(found.noted, about=replace(about, hangs=after)))
        except NotesMoved:
            if attempt == TRIES - 1:
                raise
        else:
            return


def _changed(request: HttpRequest, before: Sequence[str], more: str) -> tuple[str, ...]:
    posted = request.POST
    ticked, shown = set(posted.getlist("moved")), set(posted.getlist("shown"))
    dropped = posted.get("drop", "")
    after = [
        _marked(each, ticked, shown) for each in before if not dropped or bare(each) != dropped
    ]
    known = {bare(each) for each in after}
    new = [key for key in ACCOUNTS if key in posted.getlist("add")]
    new += [bare(more)] if bare(more) else []
    return (*after, *(each for each in dict.fromkeys(new) if each not in known))


def _marked(text: str, ticked: Collection[str], shown: Collection[str]) -> str:
    """Return a thing as it was ticked; one whose tick is as it was shown stays as it is now."""
    name = bare(text)
    for was in (True, False):
        if (f"{MOVED}{name}" if was else name) in shown and (name in ticked) != was:
            return name if was else f"{MOVED}{name}"
    return text


# --- letting it go --------------------------------------------------------------------------------


@holders
def leave(request: HttpRequest, card: str) -> HttpResponse:
    """Let a card go: never by one tap, and it can be kept anew."""
    own = acted_on(request, card)
    if own.card.is_over:
        return redirect("cards_card", card=card)
    refused = None
    if request.method == "POST":
        try:
            if request.POST.get("sure") != "on":
                refused = gettext("Tick that you know it, and then let the card go.")
            else:
                _let_go(request, own.card)
                messages.success(request, gettext("Let go. We remind you of it no more."))
                return redirect("cards")
        except Refusal as refusal:
            refused = said(refusal)
    page = {
        "card": own.card,
        "left": [each for each in things(own.card) if not each.is_moved],
        "is_listed": bool(own.card.noted.about.hangs),
        "refused": refused,
        "key": new_id(),
    }
    return render(request, "cards/leave.html", page, status=409 if refused else 200)


def _let_go(request: HttpRequest, card: Card) -> None:
    """End a card here; what its keeper does at the operator's is theirs to do."""
    said_ = {"cause": "holder", "reason": "let go by its keeper"}
    # One life of a card ends once.
    key = f"let-go:{card.subject}:{card.state.epochs}"
    by = signed_in(request).holder
    try:
        desk().ask(made("terminate", card.subject, said_, by=by, channel="app", key=key))
    except NobodyHolds:
        return
