"""Where messages are pushed to: services on a holder's phone, each shown to be theirs by a code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

from allauth.core import ratelimit
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from baohao.app.messages import preferences
from baohao.app.messages.preferences import TARGETS_MAX, Preferences, Target, TargetsMany
from baohao.app.ports.telling import Note, Posted, Push, TargetRefused
from baohao.outside.ids import new_id
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.desk import desk
from baohao.web.holder import codes
from baohao.web.holder.codes import Code
from baohao.web.household import told
from baohao.web.wording import said

#: In a session: the target that is to be shown to be the holder's.
PENDING = "push_pending"
SERVER = gettext_lazy("Server, if it is your own")


#: Why an address is not called, as `outside` says it: here, so that each language has it.
REASONS = (
    gettext_lazy("write it as in ntfys://ntfy.example/topic"),
    gettext_lazy("it begins with none of the services that we push to"),
    gettext_lazy("leave out what stands behind the ? in it"),
    gettext_lazy("the service has no such addresses"),
    gettext_lazy("the address does not say whom it is for"),
    gettext_lazy("only https"),
    gettext_lazy("only port 443"),
    gettext_lazy("the name is not one of the public network"),
    gettext_lazy("it is not an address of the public network"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How a service is asked for: at most two things, and the address that they make."""

    name: str | Promise
    first: str | Promise
    second: str | Promise = ""
    needs_second: bool = False
    #: Where somebody finds them.
    where: str | Promise
    url: Callable[[str, str], str]


def _hosted(beginning: str, usual: str) -> Callable[[str, str], str]:
    """Return how an address is written of a service that somebody may run themselves."""

    def url(name: str, server: str) -> str:
        typed = server or usual
        found = urlsplit(typed if "://" in typed else f"https://{typed}")
        plain = "" if found.scheme == "http" else "s"
        path = found.path.rstrip("/")
        return f"{beginning}{plain}://{found.netloc}{path}/{_safe(name)}"

    return url


def _safe(text: str) -> str:
    return quote(text, safe="")


def _room(token: str, room: str) -> str:
    host = room.rpartition(":")[2]
    return f"matrixs://{_safe(token)}@{host}/{_safe(room)}"


def _signed(token: str, secret: str) -> str:
    return f"dingtalk://{_safe(secret)}@{_safe(token)}" if secret else f"dingtalk://{_safe(token)}"


#: Those that people ask for; what else there is has an address of its own, which is pasted.
SERVICES = {
    "ntfy": Service(
        name="ntfy",
        first=gettext_lazy("Topic: make up a long one, whoever knows it reads along"),
        second=SERVER,
        where=gettext_lazy("In the app: + and then the same topic."),
        url=_hosted("ntfy", "ntfy.sh"),
    ),
    "telegram": Service(
        name="Telegram",
        first=gettext_lazy("Token of your bot"),
        second=gettext_lazy("Your chat id"),
        needs_second=True,
        where=gettext_lazy("@BotFather makes a bot, @userinfobot tells your id. Write to the bot."),
        url=lambda token, chat: f"tgram://{quote(token, safe=':')}/{_safe(chat)}",
    ),
    "bark": Service(
        name="Bark",
        first=gettext_lazy("Key of your device"),
        second=SERVER,
        where=gettext_lazy("In the app, the address that it shows: behind the name."),
        url=_hosted("bark", "api.day.app"),
    ),
    "wxpusher": Service(
        name="WxPusher (微信)",
        first=gettext_lazy("Token of the application (AT_…)"),
        second=gettext_lazy("Your UID (UID_…)"),
        needs_second=True,
        where=gettext_lazy("At wxpusher.zjiecode.com, after following with WeChat."),
        url=lambda token, uid: f"wxpusher://{_safe(token)}/{_safe(uid)}",
    ),
    "serverchan": Service(
        name="Server酱 ServerChan",
        first=gettext_lazy("SendKey (SCT…)"),
        where=gettext_lazy("At sct.ftqq.com."),
        url=lambda key, _: f"schan://{_safe(key)}",
    ),
    "feishu": Service(
        name="飛書 Feishu",
        first=gettext_lazy("Token of the group's bot"),
        where=gettext_lazy("The end of the webhook's address, behind /hook/."),
        url=lambda token, _: f"feishu://{_safe(token)}",
    ),
    "dingtalk": Service(
        name="釘釘 DingTalk",
        first=gettext_lazy("Token of the group's bot"),
        second=gettext_lazy("Its secret, if it signs (SEC…)"),
        where=gettext_lazy("The end of the webhook's address, behind access_token=."),
        url=_signed,
    ),
    "wecombot": Service(
        name="企業微信 WeCom",
        first=gettext_lazy("Key of the group's bot"),
        where=gettext_lazy("The end of the webhook's address, behind key=."),
        url=lambda key, _: f"wecombot://{_safe(key)}",
    ),
    "gotify": Service(
        name="Gotify",
        first=gettext_lazy("Token of an application"),
        second=gettext_lazy("Your server"),
        needs_second=True,
        where=gettext_lazy("On your server, under Apps."),
        url=_hosted("gotify", ""),
    ),
    "matrix": Service(
        name="Matrix",
        first=gettext_lazy("Access token"),
        second=gettext_lazy("Room, as in !abc:example.org"),
        needs_second=True,
        where=gettext_lazy("In the settings of your app, under Help."),
        url=_room,
    ),
    "pasted": Service(
        name=gettext_lazy("Another one"),
        first=gettext_lazy("Address, as Apprise writes it"),
        where=gettext_lazy("As in discord://…, slack://…, pover://…: appriseit.com has them all."),
        url=lambda url, _: url,
    ),
}


class Added(forms.Form):
    """What a service has to be told."""

    first = forms.CharField(max_length=300, strip=True)
    second = forms.CharField(max_length=300, strip=True, required=False)

    def __init__(self, service: Service, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["first"].label = str(service.first)
        self.fields["second"].label = str(service.second)
        self.fields["second"].required = service.needs_second
        for field in self.fields.values():
            field.widget.attrs |= {"autocomplete": "off", "autocapitalize": "none"}
            field.widget.attrs |= {"spellcheck": "false"}


@holders
def add(request: HttpRequest) -> HttpResponse:
    """Let a service be chosen, and send a code there."""
    push = _push()
    service = SERVICES.get(request.GET.get("service", ""))
    if service is None:
        return render(request, "holder/push_choose.html", {"services": SERVICES})
    form = Added(service, request.POST or None)
    if request.method == "POST" and form.is_valid():
        url = service.url(form.cleaned_data["first"], form.cleaned_data["second"])
        try:
            return _challenged(request, push, url)
        except (TargetRefused, TargetsMany) as refusal:
            form.add_error("first", said(refusal))
    return render(request, "holder/push_add.html", {"service": service, "form": form})


@holders
def confirm(request: HttpRequest) -> HttpResponse:
    """Take the code that shows that a phone is the holder's."""
    id_, form = codes.expected(request, PENDING), Code(request.POST or None)
    if id_ is None:
        return redirect("my_preferences")
    wrong = False
    if request.method == "POST" and form.is_valid():
        if codes.is_right(request, PENDING, form.cleaned_data["code"]):
            _change(request, partial(_theirs, id_=id_))
            messages.success(request, gettext("Confirmed: messages are pushed there now."))
            return redirect("my_preferences")
        wrong = True
    if codes.is_void(request, PENDING):
        messages.error(request, gettext("The code was wrong too often. Ask for a new one."))
        return redirect("my_preferences")
    page = {"form": form, "wrong": wrong}
    return render(request, "holder/push_code.html", page, status=409 if wrong else 200)


@holders
def one(request: HttpRequest) -> HttpResponse:
    """Try a target that is kept, or take it away."""
    id_ = request.POST.get("target", "")
    if request.method == "POST" and request.POST.get("what") == "remove":
        _change(request, partial(_without, id_=id_))
    elif request.method == "POST":
        found = next((each for each in _kept(request).push if each.id == id_), None)
        if found is None:
            raise Http404
        if not ratelimit.consume(request, action="push", user=signed_in(request)):
            return render(request, "web/too_often.html", {}, status=429)
        text = gettext("It works: what we have to tell you comes here.")
        posted = _push().send(found.url, Note(title="保號 baohao", text=text))
        _say(request, posted, gettext("Sent. Look at your phone."))
    return redirect("my_preferences")


# --- the parts ------------------------------------------------------------------------------------


def _push() -> Push:
    push = desk().house.push
    if push is None:
        raise Http404
    return push


def _kept(request: HttpRequest) -> Preferences:
    vault, holder = desk().house.vault, signed_in(request).holder
    return desk().read(partial(preferences.read, vault=vault, holder=holder))


def _challenged(request: HttpRequest, push: Push, url: str) -> HttpResponse:
    """Send a code to a target, and ask for it; raises `TargetRefused` and `TargetsMany`."""
    target = Target(id=str(new_id()), url=url, name=push.check(url))
    if len([each for each in _kept(request).push if each.is_theirs]) >= TARGETS_MAX:
        raise TargetsMany
    if not ratelimit.consume(request, action="push", user=signed_in(request)):
        return render(request, "web/too_often.html", {}, status=429)
    code = codes.new()
    text = gettext("Your code is {code}.").format(code=code)
    posted = push.send(url, Note(title="保號 baohao", text=text))
    if not posted.is_taken:
        raise TargetRefused(reason=_why(posted))
    _change(request, partial(_with, target=target))
    codes.expect(request, PENDING, target.id, code)
    return redirect("my_push_code")


def _say(request: HttpRequest, posted: Posted, well: str) -> None:
    if posted.is_taken:
        messages.success(request, well)
    else:
        messages.error(request, said(TargetRefused(reason=_why(posted))))


def _why(posted: Posted) -> str:
    if posted.is_refused:
        return gettext("the service does not know it ({reply})").format(reply=posted.reply)
    return gettext("the service does not answer now ({reply}); try again").format(
        reply=posted.reply
    )


def _change(request: HttpRequest, change: Callable[[Preferences], Preferences]) -> None:
    vault, holder = desk().house.vault, signed_in(request).holder

    def changed(conn: Any) -> None:
        kept = preferences.read(conn, vault, holder)
        new = change(kept)
        if new != kept:
            preferences.keep(conn, vault, holder, new)

    desk().shell.run(changed)
    told.follow(signed_in(request))


def _with(kept: Preferences, target: Target) -> Preferences:
    """Return them with one more target, in place of any that was not shown to be theirs."""
    return replace(kept, push=(*(each for each in kept.push if each.is_theirs), target))


def _theirs(kept: Preferences, id_: str) -> Preferences:
    return replace(
        kept,
        push=tuple(replace(each, is_theirs=each.is_theirs or each.id == id_) for each in kept.push),
    )


def _without(kept: Preferences, id_: str) -> Preferences:
    return replace(kept, push=tuple(each for each in kept.push if each.id != id_))
