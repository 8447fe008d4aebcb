"""
Authorities: the papers by which somebody acts for a holder, or that a cause is shown by.

What is on them is sealed under a key of its own; the journal knows the digest. Whoever looks at one
is noted down, and says why.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import msgspec
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy

from baohao.app import people
from baohao.core.people import Person
from baohao.core.refusals import Refusal
from baohao.web.accounts.doors import signed_in, workers
from baohao.web.accounts.models import Deed
from baohao.web.accounts.roles import Act
from baohao.web.counter.models import Authority
from baohao.web.counter.people import Shown
from baohao.web.counter.room import form_key, page, rules, stamp
from baohao.web.desk import desk

#: A page that was photographed with a phone, and reduced.
SCAN_MAX = 700_000
_SHAPES = {b"%PDF": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}
_A_YEAR = timedelta(days=365)


class LetterMissing(Refusal):
    """Whoever acts for the holder shows a letter: write down its date and who signed it."""

    code = "authority.letter"


class ScanMalformed(Refusal):
    """A scan is a PDF, a JPEG or a PNG of at most {kilobytes} KB."""

    code = "authority.scan"


class ProxyTooOften(Refusal):
    """This person has acted for others {count} times within a year; {most} is the most."""

    code = "authority.too_often"


class Proxy(Shown):
    """Whoever acts for the holder: their own document, and the holder's letter."""

    is_proxy = forms.BooleanField(
        required=False, label=gettext_lazy("They act for the holder by a letter")
    )
    letter = forms.CharField(
        max_length=300, required=False, label=gettext_lazy("The letter: its date, who signed it")
    )
    scan = forms.FileField(required=False, label=gettext_lazy("A scan of the letter"))
    field_order = ("is_proxy", "letter", "scan", "document", "number", "country")

    def __init__(self, request: HttpRequest) -> None:
        posted = request.POST if request.method == "POST" else None
        super().__init__(posted, request.FILES or None, prefix="proxy")
        # Of somebody who is there for themselves nothing is asked.
        self.fields["number"].required = bool(posted and posted.get("proxy-is_proxy"))
        self.fields["document"].required = False

    @property
    def is_used(self) -> bool:
        """Whether somebody acts for the holder."""
        return self.is_valid() and bool(self.cleaned_data["is_proxy"])


class Paper(forms.Form):
    """What a cause is shown by: a death certificate, an order of a court."""

    paper = forms.CharField(
        max_length=300, label=gettext_lazy("The paper: who issued it, its number and date")
    )
    scan = forms.FileField(required=False, label=gettext_lazy("A scan of it"))


def by_proxy(request: HttpRequest, number: str, verb: str, proxy: Proxy) -> str:
    """
    Keep the authority of whoever acts for a holder, and return what the ask says of it.

    Empty: the holder is there. Raises `LetterMissing`, `ScanMalformed`, `ProxyTooOften`, and what
    is malformed in the document.
    """
    if not proxy.is_used:
        return ""
    letter = proxy.cleaned_data["letter"].strip()
    if not letter:
        raise LetterMissing()
    person = proxy.person()
    return _kept(request, number, verb, letter, proxy.cleaned_data.get("scan"), person)


def by_paper(request: HttpRequest, number: str, verb: str, paper: Paper) -> str:
    """Keep the paper that shows a cause, and return what the ask says of it."""
    scan = paper.cleaned_data.get("scan")
    return _kept(request, number, verb, paper.cleaned_data["paper"].strip(), scan, None)


def _kept(
    request: HttpRequest, number: str, verb: str, letter: str, scan: object, person: Person | None
) -> str:
    """Seal what is on the papers once for each form, however often that is sent."""
    id_ = UUID(form_key(request))
    known = Authority.objects.filter(pk=id_, operator=signed_in(request).operator).first()
    if known is not None:
        return f"{known.id}:{known.digest}"
    proxy = "" if person is None else people.digest_of(desk().house.seals, person)
    if proxy:
        _not_too_often(request, proxy)
    said = {
        "letter": letter,
        "proxy": None if person is None else asdict(person),
        "scan": _scanned(scan),
    }
    plain = msgspec.json.encode(said).decode()
    vault, context = desk().house.vault, f"authority:{id_}"
    key = vault.new_key(context)
    digest = sha256(plain.encode()).hexdigest()
    made = Authority.objects.create(
        **stamp(request),
        id=id_,
        number=number,
        verb=verb,
        proxy=proxy,
        digest=digest,
        key=key,
        sealed=vault.seal(key, plain, context),
    )
    return f"{made.id}:{digest}"


def _not_too_often(request: HttpRequest, proxy: str) -> None:
    """Let nobody act for the whole town; raises `ProxyTooOften`."""
    most, since = rules(request).proxy_most, desk().now() - _A_YEAR
    count = Authority.objects.filter(
        operator=signed_in(request).operator, proxy=proxy, at__gte=since
    ).count()
    if count >= most:
        raise ProxyTooOften(count=count, most=most)


def _scanned(scan: object) -> dict[str, str] | None:
    """Return a scan as text, with what it is by its first bytes; raises `ScanMalformed`."""
    if scan is None:
        return None
    data: bytes = scan.read(SCAN_MAX + 1)  # type: ignore[attr-defined]
    kind = next((kind for head, kind in _SHAPES.items() if data.startswith(head)), "")
    if not kind or len(data) > SCAN_MAX:
        raise ScanMalformed(kilobytes=SCAN_MAX // 1_000)
    return {"kind": kind, "data": b64encode(data).decode()}


@workers(Act.APPROVE)
def authorities(request: HttpRequest) -> HttpResponse:
    """List the authorities of the operator, the last first; nothing of them is open."""
    me = signed_in(request)
    found = Authority.objects.filter(operator=me.operator).order_by("-at")[:100]
    return page(request, "counter/authorities.html", {"authorities": found})


@workers(Act.APPROVE)
def authority(request: HttpRequest, paper: UUID) -> HttpResponse:
    """Open an authority for whoever says why; that is noted down."""
    me = signed_in(request)
    found = get_object_or_404(Authority, pk=paper, operator=me.operator)
    shown: dict[str, object] = {"authority": found}
    why = request.POST.get("reason", "").strip()[:300]
    if request.method == "POST" and why:
        noted = {"operator": me.operator, "by": me.name, "what": "authority", "said": why}
        Deed.objects.create(at=desk().now(), subject=f"{found.number} {found.id}", **noted)
        plain = desk().house.vault.unseal(found.key, found.sealed, f"authority:{found.id}")
        shown |= {"opened": msgspec.json.decode(plain), "is_whole": _is_whole(found, plain)}
    return page(request, "counter/authority.html", shown)


def _is_whole(found: Authority, plain: str) -> bool:
    return sha256(plain.encode()).hexdigest() == found.digest
