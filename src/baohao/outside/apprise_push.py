"""
Push: messages to the services that people have on their phones, over Apprise; adapter of `Push`.

An address is typed by whoever is to be told, so it is met with suspicion. Services are those of the
list below, which talk HTTP and nothing else; Apprise has more, and none of them is ever loaded.
What they call passes `outside/addresses.py` first: public and by https, or in the house's own net
where that is allowed. A name is looked up once, when the message is sent, and the connection goes
to the address that was checked; nothing is followed, no proxy and no netrc is heeded, and at a
deadline every connection is cut.
"""

from __future__ import annotations

import logging
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from baohao.app.ports import AddressRefused
from baohao.app.ports.telling import Note, Posted, TargetRefused
from baohao.outside import addresses

#: For one message to one target, with all that the service has to be asked (seconds).
TOTAL_S = 15.0
#: To connect, and until the next bytes of an answer.
STEPS_S = (5.0, 10.0)
#: More of an answer is not read.
ANSWER_MAX_BYTES = 262_144
TARGET_MAX = 400

#: The modules of Apprise that speak to services, each with the beginnings of its addresses.
_MODULES = {
    "ntfy": ("ntfy", "ntfys"),
    "gotify": ("gotify", "gotifys"),
    "bark": ("bark", "barks"),
    "telegram": ("tgram",),
    "wxpusher": ("wxpusher",),
    "serverchan": ("schan",),
    "feishu": ("feishu",),
    "lark": ("lark",),
    "dingtalk": ("dingtalk",),
    "wecombot": ("wecombot",),
    "pushplus": ("pushplus",),
    "pushdeer": ("pushdeer", "pushdeers"),
    "chanify": ("chanify",),
    "wpush": ("wpush",),
    "matrix": ("matrix", "matrixs"),
    "pushover": ("pover",),
    "pushbullet": ("pbul",),
    "prowl": ("prowl",),
    "simplepush": ("spush",),
    "discord": ("discord",),
    "slack": ("slack",),
    "google_chat": ("gchat",),
    "line": ("line",),
    "mattermost": ("mmost", "mmosts"),
    "rocketchat": ("rocket", "rockets"),
    "zulip": ("zulip",),
    "signal_api": ("signal", "signals"),
    "nextcloudtalk": ("nctalk", "nctalks"),
}
#: The beginning of an address -> the module.
SERVICES: Mapping[str, str] = {
    beginning: module for module, beginnings in _MODULES.items() for beginning in beginnings
}
#: What an address may say behind its "?". All else is left to us: Apprise would let it read files
#: here ("template"), trust any certificate ("verify"), or wait and try for long.
QUESTIONS = frozenset(
    {"to", "token", "secret", "mode", "auth", "user", "channel", "group", "topic", "thread"}
    | {"priority", "level", "sound", "volume", "call", "badge", "silent", "icon", "xtags"}
)
_TARGET = re.compile(r"(?P<service>[a-z]+)://[!-~]+", re.ASCII)

#: What the library may use of `requests`; its own ways out are not among it.
_HARMLESS = frozenset({"codes", "exceptions", "RequestException", "TooManyRedirects", "Response"})

#: The call that is being made.
_CALL: ContextVar[_Call | None] = ContextVar("push_call", default=None)


class _Call:
    """One message to one target: what it asks of the network goes through here."""

    def __init__(self, allow_own: bool, dry: bool, resolve: addresses.Resolve | None) -> None:
        http: Any = import_module("apprise.utils.http")
        self._allow_own, self._dry = allow_own, dry
        policy = http.HTTPPolicy(url_filter=self._is_callable, address_filter=self._is_reachable)
        if resolve is not None:
            policy.resolve = _resolving(resolve, self._is_reachable)
        self.session: requests.Session = http.HTTPPolicySession(policy)
        #: What was asked, and what was answered last; 0: nothing was.
        self.asked, self.status = 0, 0
        #: Why an address of it is not called; empty: they all may be.
        self.refused = ""

    def request(self, method: str, url: str, **more: Any) -> requests.Response:
        """Ask a service something, on our terms; raises `RequestException`."""
        more |= {"verify": True, "allow_redirects": False, "timeout": STEPS_S, "stream": True}
        self.asked += 1
        if self._dry:
            prepared = requests.Request(method, url, params=more.get("params")).prepare()
            self._is_callable(prepared.url or "")
            raise requests.ConnectionError("nothing is sent")
        response = self.session.request(method, url, **more)
        self.status = response.status_code
        body = response.raw.read(ANSWER_MAX_BYTES, decode_content=True)
        response.close()
        # As `requests` keeps what it has read.
        response._content, response._content_consumed = body, True
        return response

    def _is_callable(self, url: str) -> bool:
        try:
            addresses.read(url, allow_own=self._allow_own)
        except AddressRefused as refusal:
            self.refused = self.refused or str(refusal.facts.get("reason", ""))
            return False
        return True

    def _is_reachable(self, address: str) -> bool:
        is_fine = addresses.is_public(address) or (self._allow_own and addresses.is_own(address))
        if not is_fine:
            self.refused = "it leads out of the public network"
        return is_fine


class _Requests:
    """What modules of Apprise have in place of `requests`."""

    def __getattr__(self, name: str) -> Any:
        if name in ("get", "post", "put", "delete", "head", "patch"):
            return lambda url, **more: self.request(name.upper(), url, **more)
        if name in _HARMLESS:
            return getattr(requests, name)
        raise AttributeError(name)

    @staticmethod
    def request(method: str, url: str, **more: Any) -> requests.Response:
        """Ask something within the call that is being made."""
        call = _CALL.get()
        if call is None:
            raise requests.ConnectionError("no call is being made")
        return call.request(method, url, **more)


_REQUESTS = _Requests()


class ApprisePush:
    """Sends to push services."""

    def __init__(
        self,
        *,
        allow_own: bool = False,
        resolve: addresses.Resolve | None = None,
        total_s: float = TOTAL_S,
    ) -> None:
        self._allow_own, self._resolve, self._total_s = allow_own, resolve, total_s

    def check(self, target: str) -> str:
        """Return the service's name; raises `TargetRefused` for what nothing is sent to."""
        plugin = _opened(target)
        call = _Call(self._allow_own, True, None)
        with _within(call):
            plugin.notify(body="-", title="-")
        if call.refused:
            raise TargetRefused(reason=call.refused)
        if not call.asked:
            raise TargetRefused(reason="the address does not say whom it is for")
        return str(plugin.service_name)

    def send(self, target: str, note: Note) -> Posted:
        """Hand a message to a service; raises nothing."""
        from apprise.utils.http import ConnectionTracker, track_connections

        try:
            plugin = _opened(target)
        except TargetRefused:
            return Posted(code=553, reply="the address cannot be used")
        if note.url and hasattr(plugin, "click"):
            plugin.click = note.url
        call = _Call(self._allow_own, False, self._resolve)
        ends = time.monotonic() + self._total_s
        try:
            with _within(call), track_connections(ConnectionTracker(), ends), call.session:
                is_taken = bool(plugin.notify(body=note.text, title=note.title))
        except Exception as error:  # noqa: BLE001 - a service may answer with anything
            # What it says may hold the address.
            return Posted(reply=type(error).__name__)
        return _posted(call, is_taken)


def _posted(call: _Call, is_taken: bool) -> Posted:
    """Return what became of it as mail servers say it: taken, later, or never."""
    said = f"HTTP {call.status}" if call.status else "no answer"
    if is_taken:
        return Posted(code=250, reply=said)
    if call.refused:
        # Not more: what lies behind a name of ours is nobody's business.
        return Posted(code=553, reply="the address is not called")
    is_later = not call.status or call.status in (408, 425, 429) or call.status >= 500
    return Posted(code=450 if is_later else 550, reply=said)


def _opened(target: str) -> Any:
    """Return what speaks to a target; raises `TargetRefused`."""
    found = _TARGET.fullmatch(target) if len(target) <= TARGET_MAX else None
    if found is None:
        raise TargetRefused(reason="write it as in ntfys://ntfy.example/topic")
    module = SERVICES.get(found["service"])
    if module is None:
        raise TargetRefused(reason="it begins with none of the services that we push to")
    for name, _ in parse_qsl(urlsplit(target).query, keep_blank_values=True):
        if name not in QUESTIONS:
            raise TargetRefused(reason="leave out what stands behind the ? in it")
    try:
        # Their parsers meet what nobody has thought of.
        said = _speakers(module).parse_url(target)
        plugin = None if said is None else _speakers(module)(**said, asset=_asset())
    except Exception:  # noqa: BLE001
        plugin = None
    if plugin is None:
        raise TargetRefused(reason="the service has no such addresses")
    plugin.retry = 0
    return plugin


def _speakers(name: str) -> Any:
    """Return the class of a module of Apprise, held to our way out."""
    from apprise.plugins.base import NotifyBase

    # It would tell logs where people are told.
    logging.getLogger("apprise").disabled = True
    path = f"apprise.plugins.{name}"
    module = import_module(path)
    for each in (module, *_parts(path)):
        if hasattr(each, "requests"):
            each.requests = _REQUESTS
    return next(
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, NotifyBase) and each is not NotifyBase
    )


def _parts(path: str) -> Iterator[Any]:
    """Yield the modules inside of one."""
    yield from (each for name, each in list(sys.modules.items()) if name.startswith(f"{path}."))


def _asset() -> Any:
    from apprise import AppriseAsset
    from apprise.common import PersistentStoreMode

    return AppriseAsset(
        app_id="baohao",
        app_desc="baohao",
        app_url="",
        # Pictures of theirs would be fetched by phones from elsewhere.
        image_url_mask="",
        image_url_logo="",
        image_path_mask="",
        storage_mode=PersistentStoreMode.MEMORY,
        plugin_paths=[],
        http_redirects=False,
    )


def _resolving(
    resolve: addresses.Resolve, is_reachable: Callable[[str], bool]
) -> Callable[[str, int], list[tuple[Any, ...]]]:
    """Return how the library looks names up, by ways of ours."""

    def found(host: str, port: int) -> list[tuple[Any, ...]]:
        there = [each for each in resolve(host, port) if is_reachable(each)]
        if not there:
            raise socket.gaierror("no address may be called")
        return [
            answer
            for each in there
            for answer in socket.getaddrinfo(
                each, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
            )
        ]

    return found


@contextmanager
def _within(call: _Call) -> Iterator[None]:
    token = _CALL.set(call)
    try:
        yield
    finally:
        _CALL.reset(token)
