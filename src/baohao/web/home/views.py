"""The first page of a home, its questions, and whether it is alive."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy

from baohao.app.messages import preferences
from baohao.core.refusals import Refusal
from baohao.outside import this_machine
from baohao.web import formats
from baohao.web.accounts.doors import everybody, holders
from baohao.web.accounts.limits import limited
from baohao.web.desk import desk
from baohao.web.holder.telling import ZONES
from baohao.web.home import starting
from baohao.web.household.forms import NAME_MAX, SignIn
from baohao.web.household.joining import enter
from baohao.web.settings import NAMES
from baohao.web.wording import said


class Questions(SignIn):
    """Who are you · which language, and where · how to be told."""

    name = forms.CharField(
        max_length=NAME_MAX,
        label=gettext_lazy("What you are called"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    wants_push = forms.BooleanField(
        required=False, label=gettext_lazy("Push to my phone: I choose the app next")
    )
    email = forms.CharField(
        required=False,
        max_length=254,
        label=gettext_lazy("Your e-mail address, if you want e-mails"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of messages"))
    zone = forms.ChoiceField(label=gettext_lazy("Where you are"))
    server = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("A mail server that takes e-mails from here, as in mail.example.org"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    server_user = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("The name by which it knows you"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    server_password = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("The password for it"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    field_order: tuple[str, ...] = ("name", "login", "password", "again")

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)
        zones = sorted(((zone, formats.place(zone)) for zone in ZONES), key=lambda each: each[1])
        languages = [(formats.PAPER[code], name) for code, name in NAMES]
        self.fields["language"].choices = languages  # type: ignore[attr-defined]
        self.fields["zone"].choices = zones  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        """Return an address that looks like one."""
        text: str = self.cleaned_data["email"].strip()
        if text and not preferences.is_email(text):
            raise forms.ValidationError(said(preferences.EmailMalformed()))
        return text


@everybody
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the cards, or to the sign-in."""
    return redirect("inside" if request.user.is_authenticated else "account_login")


@everybody
def alive(request: HttpRequest) -> HttpResponse:
    """Say that pages are served and the database answers, to whoever watches over it."""
    desk().now()
    return HttpResponse("alive\n", content_type="text/plain")


@everybody
@limited("joining")
def start(request: HttpRequest) -> HttpResponse:
    """Ask the three questions, of whoever shows the key of the terminal."""
    if starting.is_started():
        return redirect("home")
    shown = request.POST.get("key") or request.GET.get("key", "")
    if not starting.is_key(shown):
        wrong = {"is_wrong": bool(shown)}
        return render(request, "home/key.html", wrong, status=403 if shown else 200)
    usual = formats.PAPER[get_language() or "en"]
    is_answered = "name" in request.POST
    zone = this_machine.zone()
    # A machine that goes by UTC says nothing of where anybody is.
    here = {"language": usual, "zone": zone if zone in ZONES else this_machine.SOMEWHERE}
    form = Questions(request.POST if is_answered else None, initial=here)
    refused = None
    if is_answered and form.is_valid():
        data = dict(form.cleaned_data)
        wants_push, _ = data.pop("wants_push"), data.pop("again")
        try:
            account = starting.begin(starting.Answers(**data))
        except Refusal as refusal:
            refused = said(refusal)
        else:
            enter(request, account)
            answer = redirect("my_push" if wants_push else "inside")
            code = next(code for code, name in formats.PAPER.items() if name == data["language"])
            answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, samesite="Lax")
            return answer
    page = {"form": form, "key": shown, "refused": refused}
    return render(request, "home/start.html", page, status=409 if refused else 200)


@holders
def mine(request: HttpRequest) -> HttpResponse:
    """Lead to the cards: at home there are no other numbers."""
    return redirect("cards")
