"""How we tell you: where, in which language and order, when it is quiet; and the calendar."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from allauth.core import ratelimit
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import escape
from django.utils.translation import get_language, gettext, gettext_lazy

from baohao.app.messages import calendars, preferences
from baohao.app.messages.preferences import LEAD_MAX_DAYS, Preferences
from baohao.app.ports.telling import Letter
from baohao.outside.ids import new_id
from baohao.web import formats
from baohao.web.accounts.doors import holders, signed_in
from baohao.web.desk import desk
from baohao.web.holder import codes
from baohao.web.holder.codes import Code
from baohao.web.household import told
from baohao.web.settings import NAMES
from baohao.web.wording import said

#: In a session: the address that is to be shown to be the holder's.
PENDING = "email_pending"
#: Where holders are, for the most part.
ZONES = (
    *("Asia/Macau", "Asia/Hong_Kong", "Asia/Shanghai", "Asia/Taipei", "Asia/Tokyo", "Asia/Seoul"),
    *("Asia/Singapore", "Asia/Kuala_Lumpur", "Asia/Bangkok", "Asia/Ho_Chi_Minh", "Asia/Manila"),
    *("Asia/Jakarta", "Asia/Kolkata", "Asia/Dubai", "Australia/Perth", "Australia/Brisbane"),
    *("Australia/Sydney", "Pacific/Auckland", "Europe/Moscow", "Europe/Berlin", "Europe/Paris"),
    *("Europe/Lisbon", "Europe/London", "Africa/Johannesburg", "Africa/Luanda", "Africa/Maputo"),
    *("America/Sao_Paulo", "America/New_York", "America/Toronto", "America/Chicago"),
    *("America/Los_Angeles", "America/Vancouver", "Pacific/Honolulu"),
)
USUAL = gettext_lazy("As usual")
ORDERS = (
    ("", USUAL),
    ("push email sms", gettext_lazy("Push first, then e-mail, then short message")),
    ("email push sms", gettext_lazy("E-mail first, then push, then short message")),
    ("email sms", gettext_lazy("E-mail first, then short message")),
    ("sms email", gettext_lazy("Short message first, then e-mail")),
)


class Wanted(forms.Form):
    """What a holder may say of being told."""

    email = forms.CharField(
        required=False,
        max_length=254,
        label=gettext_lazy("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    channels = forms.ChoiceField(required=False, choices=ORDERS, label=gettext_lazy("By which way"))
    language = forms.ChoiceField(required=False, label=gettext_lazy("Language of messages"))
    zone = forms.ChoiceField(required=False, label=gettext_lazy("Where you are"))
    quiet_from = forms.TimeField(
        required=False,
        label=gettext_lazy("Quiet from"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    quiet_to = forms.TimeField(
        required=False,
        label=gettext_lazy("until"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    lead_days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=LEAD_MAX_DAYS,
        label=gettext_lazy("Remind me also so many days before"),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        languages = [(_ours(code), name) for code, name in NAMES]
        zones = [(zone, formats.place(zone)) for zone in ZONES]
        zones.sort(key=lambda each: each[1])
        self.fields["language"].choices = [("", USUAL), *languages]  # type: ignore[attr-defined]
        self.fields["zone"].choices = [("", USUAL), *zones]  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        """Return an address as it was typed; whether it is theirs, a code says."""
        text: str = self.cleaned_data["email"].strip()
        if text and not preferences.is_email(text):
            raise forms.ValidationError(said(preferences.EmailMalformed()))
        return text

    def clean(self) -> None:
        """Hold quiet hours together: one end alone says nothing."""
        ends = [self.cleaned_data.get(name) is None for name in ("quiet_from", "quiet_to")]
        if ends[0] != ends[1]:
            self.add_error("quiet_to", gettext("Say both when it begins and when it ends."))

    def preferences(self, email: str, kept: Preferences) -> Preferences:
        """Return what was said, with the addresses that are known to be theirs."""
        data = self.cleaned_data
        quiet = (data["quiet_from"], data["quiet_to"])
        start, end = (f"{at:%H:%M}" if at is not None else "" for at in quiet)
        return Preferences(
            email=email,
            channels=tuple(data["channels"].split()),
            language=data["language"],
            quiet_from=start,
            quiet_to=end,
            zone=data["zone"],
            lead_days=data["lead_days"],
            push=kept.push,
        )


@holders
def wanted(request: HttpRequest) -> HttpResponse:
    """Show and keep how a holder wants to be told."""
    holder = signed_in(request).holder
    kept = desk().read(partial(preferences.read, vault=desk().house.vault, holder=holder))
    form = Wanted(request.POST or None, initial=_initial(kept))
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        # A new address counts when its code has come back.
        same = email if email in ("", kept.email) else kept.email
        _keep(holder, form.preferences(same, kept))
        told.follow(signed_in(request))
        if email == same:
            messages.success(request, gettext("We will tell you like this from now on."))
            return redirect("my_preferences")
        return _challenged(request, email)
    calendar = desk().read(partial(calendars.address, sign=desk().house.seals.sign, holder=holder))
    page = {
        "form": form,
        "kept": kept,
        "pushes": desk().house.push is not None,
        "calendar": calendar,
        "address": "" if calendar is None else _address(request, calendar.token),
    }
    return render(request, "holder/preferences.html", page)


@holders
def confirm(request: HttpRequest) -> HttpResponse:
    """Take the code that shows that an address is the holder's."""
    email, form = codes.expected(request, PENDING), Code(request.POST or None)
    if email is None:
        return redirect("my_preferences")
    wrong = False
    if request.method == "POST" and form.is_valid():
        if codes.is_right(request, PENDING, form.cleaned_data["code"]):
            holder, vault = signed_in(request).holder, desk().house.vault
            desk().shell.run(partial(_confirm, vault=vault, holder=holder, email=email))
            told.follow(signed_in(request))
            messages.success(request, gettext("The address is confirmed: mails go there now."))
            return redirect("my_preferences")
        wrong = True
    if codes.is_void(request, PENDING):
        messages.error(request, gettext("The code was wrong too often. Ask for a new one."))
        return redirect("my_preferences")
    page = {"form": form, "email": email, "wrong": wrong}
    return render(request, "holder/confirm_email.html", page, status=409 if wrong else 200)


@holders
def calendar(request: HttpRequest) -> HttpResponse:
    """Give the holder's calendar an address, a new one, or none."""
    holder = signed_in(request).holder
    if request.method == "POST":
        if request.POST.get("what") == "revoke":
            desk().shell.run(partial(calendars.revoke, holder=holder))
        else:
            seen = _uuid(request.POST.get("seen", ""))
            desk().shell.run(partial(calendars.make, holder=holder, instead_of=seen, id_=new_id()))
    return redirect("my_preferences")


# --- the parts ------------------------------------------------------------------------------------


def _initial(kept: Preferences) -> dict[str, Any]:
    return {
        "email": kept.email,
        "channels": " ".join(kept.channels),
        "language": kept.language,
        "zone": kept.zone,
        "quiet_from": kept.quiet_from or None,
        "quiet_to": kept.quiet_to or None,
        "lead_days": kept.lead_days,
    }


def _keep(holder: str, wanted: Preferences) -> None:
    vault = desk().house.vault
    desk().shell.run(partial(preferences.keep, vault=vault, holder=holder, said=wanted))


def _confirm(conn: Any, vault: Any, holder: str, email: str) -> None:
    kept = preferences.read(conn, vault, holder)
    preferences.keep(conn, vault, holder, replace(kept, email=email))


def _challenged(request: HttpRequest, email: str) -> HttpResponse:
    """Send a code to an address, and ask for it."""
    if not ratelimit.consume(request, action="confirm_email", user=signed_in(request)):
        return render(request, "web/too_often.html", {}, status=429)
    mail = desk().house.mail
    if mail is None:
        messages.error(request, gettext("We cannot send e-mails here; the rest was kept."))
        return redirect("my_preferences")
    code = codes.new()
    text = gettext("Your code is {code}.").format(code=code)
    posted = mail.send(
        Letter(
            id=new_id(),
            to=email,
            subject=text,
            text=f"{text}\n",
            html=f"<p>{escape(text)}</p>\n",
            language=_ours(get_language() or "en"),
            at=desk().now(),
        )
    )
    if posted.is_refused:
        messages.error(request, gettext("No mail reaches that address; the rest was kept."))
        return redirect("my_preferences")
    codes.expect(request, PENDING, email, code)
    return redirect("my_email")


def _address(request: HttpRequest, token: str) -> str:
    return request.build_absolute_uri(f"/calendar/{token}.ics")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _ours(code: str) -> str:
    """Return one of Django's languages as messages have it: zh-hant is zh-Hant."""
    head, _, script = code.partition("-")
    return f"{head}-{script.title()}" if script else head
