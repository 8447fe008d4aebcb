"""After a sign-in everybody is shown the pages that are theirs."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from baohao.outside.pretend.handset import Handset
from baohao.web.accounts.doors import asks_itself, everybody, may, nobody, signed_in
from baohao.web.accounts.roles import Act
from baohao.web.desk import desk

#: What each is for, in the order in which somebody is taken there.
_PAGES = ((Act.COUNTER, "counter"), (Act.CONSOLE, "console"), (Act.SELL, "agent"))


@asks_itself
@login_required
def inside(request: HttpRequest) -> HttpResponse:
    """Take somebody to their own pages."""
    account = signed_in(request)
    if account.holder:
        return redirect("my")
    for act, name in _PAGES:
        if may(account, act):
            return redirect(name)
    raise Http404


@nobody
def nothing(request: HttpRequest) -> HttpResponse:
    """Say that nothing is at an address whose name allauth looks up."""
    raise Http404


@everybody
def handset(request: HttpRequest) -> HttpResponse:
    """Show, in the demo alone, what was sent to numbers and addresses, and pushed."""
    # They come with servers, which nothing else of the pages loads.
    from baohao.outside.pretend.post_office import MAILBOX, kept
    from baohao.outside.pretend.push_services import PUSHED
    from baohao.outside.pretend.push_services import kept as pushed

    texts = desk().house.texts
    if not isinstance(texts, Handset):
        raise Http404
    letters = [
        {
            "to": str(letter["To"]),
            "subject": str(letter["Subject"]),
            "at": letter["Date"].datetime,
            "text": body.get_content() if (body := letter.get_body(("plain",))) else "",
        }
        for letter in kept(desk().house.settings.data / MAILBOX)
    ]
    page = {
        "sent": texts.shown(),
        "letters": letters,
        "pushed": pushed(desk().house.settings.data / PUSHED),
    }
    return render(request, "web/handset.html", page)
