"""Push over the wire: to the services that people have, never to where they must not lead us."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module

import pytest

from baohao.app.ports.telling import Note, TargetRefused
from baohao.outside import apprise_push
from baohao.outside.apprise_push import SERVICES, ApprisePush
from baohao.outside.pretend.push_services import PushServices

NOTE = Note(title="保號", text="下一步：打 *111#", url="https://keep.example/done/x/")
TARGETS = {
    "ntfy": "ntfy://{}/mine",
    "gotify": "gotify://{}/AGotifyTokenX15",
    "bark": "bark://{}/barkDeviceKey22",
}


@pytest.fixture
def services() -> Iterator[PushServices]:
    with PushServices() as opened:
        yield opened


@pytest.fixture
def push() -> ApprisePush:
    return ApprisePush(allow_own=True, total_s=2.0)


@pytest.mark.parametrize("service", TARGETS)
def test_a_service_shows_what_it_is_given(
    services: PushServices, push: ApprisePush, service: str
) -> None:
    target = TARGETS[service].format(services.authority)
    assert push.check(target).lower() == service
    assert services.shown == []
    assert push.send(target, NOTE).is_taken
    (shown,) = services.shown
    assert (shown.service, shown.title, shown.text) == (service, NOTE.title, NOTE.text)
    assert shown.url == ("" if service == "gotify" else NOTE.url)


@pytest.mark.parametrize(
    ("mood", "code"),
    [("busy", 450), ("broken", 450), ("hang_up", 450), ("slow", 450), ("redirect", 550)],
)
def test_a_failure_is_for_now_or_for_ever(push: ApprisePush, mood: str, code: int) -> None:
    with PushServices([mood], slow_s=4) as services:
        posted = push.send(TARGETS["ntfy"].format(services.authority), NOTE)
        assert posted.code == code
        assert services.shown == []
        assert services.authority not in posted.reply


def test_a_service_that_knows_no_such_key_is_not_asked_again(
    services: PushServices, push: ApprisePush
) -> None:
    assert push.send(f"gotify://{services.authority}/ANotherTokenX15", NOTE).is_refused
    assert push.send(f"bark://{services.authority}/nobody", NOTE).is_refused
    services.known.guarded["mine"] = "tk_mine"
    assert push.send(TARGETS["ntfy"].format(services.authority), NOTE).is_refused
    assert push.send(f"ntfy://tk_mine@{services.authority}/mine", NOTE).is_taken


def test_more_than_is_read_is_not_read(push: ApprisePush) -> None:
    with PushServices(["huge"]) as services:
        assert push.send(TARGETS["gotify"].format(services.authority), NOTE).is_taken


@pytest.mark.parametrize(
    "target",
    [
        # What is no push service, or is one of this machine.
        *("file:///etc/passwd", "syslog://", "dbus://", "windows://", "mailto://a:b@c.example"),
        *("json://127.0.0.1/", "xml://example.org", "exec://ls", "apprise://example.org/token"),
        # Private, by name or number, or in the clear.
        *("gotify://127.0.0.1/AGotifyTokenX15", "gotifys://10.0.0.1/AGotifyTokenX15"),
        *("gotifys://169.254.169.254/AGotifyTokenX15", "gotifys://[::1]/AGotifyTokenX15"),
        *("ntfy://push.example.com/mine", "barks://localhost/key", "ntfys://router/mine"),
        *("gotifys://example.com:22/AGotifyTokenX15", "ntfys://2130706433/mine"),
        # Not all of it.
        *("ntfys://ntfy.example.com", "wxpusher://AT_abc", "gotifys://example.com", "tgram://x"),
        # What would read files here, or look away.
        *("discord://1/abc?template=/etc/passwd", "slack://a?template=file:///etc/passwd"),
        *("ntfys://ntfy.example.com/mine?verify=no", "ntfys://ntfy.example.com/mine?attach=/a"),
        *("ntfys://ntfy.example.com/mine?retry=5&wait=60", "ntfys://a b/c", "", "ntfys://" * 99),
    ],
)
def test_what_is_no_target_is_refused_with_a_reason(target: str) -> None:
    with pytest.raises(TargetRefused):
        ApprisePush().check(target)
    assert not ApprisePush().send(target, NOTE).is_taken


@pytest.mark.parametrize(
    "target",
    [
        *(
            "ntfys://ntfy.sh/mine",
            "barks://api.day.app/key",
            "gotifys://example.com/AGotifyTokenX15",
        ),
        *("tgram://123456789:abcdefg_hijklmnop/12345", "tgram://123456789:abcdefg_hijklmnop"),
        *("wxpusher://AT_appid/UID_123", "schan://SCT123abc", "feishu://abc", "lark://abc-def"),
        *("dingtalk://SECabc@token123", "wecombot://bot-key", "pushdeers://pushKey"),
        *("matrixs://token@matrix.example.com/%21room%3Amatrix.example.com",),
        *("pushplus://abc123abc123abc123abc123abc12312", "line://token/U1234"),
    ],
)
def test_services_are_known_by_their_addresses(target: str) -> None:
    # The network is off: an address is judged by its looks.
    assert ApprisePush().check(target)


@pytest.mark.parametrize("there", ["10.0.0.7", "127.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"])
def test_a_name_that_leads_inside_is_not_called(services: PushServices, there: str) -> None:
    asked: list[str] = []

    def rebound(host: str, port: int) -> list[str]:
        asked.append(host)
        return [there]

    push = ApprisePush(resolve=rebound)
    assert push.check("ntfys://push.example.com/mine") == "ntfy"
    assert push.send("ntfys://push.example.com/mine", NOTE).is_refused
    assert asked == ["push.example.com"]


@pytest.mark.parametrize(
    ("target", "is_fine"),
    [
        *(("gotify://192.168.1.5:8080/AGotifyTokenX15", True), ("ntfy://nas:2586/mine", True)),
        *(("gotify://gotify.lan/AGotifyTokenX15", True), ("bark://[fd00::5]:8080/key", True)),
        *(("gotify://169.254.169.254/AGotifyTokenX15", False), ("ntfy://224.0.0.1/mine", False)),
        *(("gotify://0.0.0.0/AGotifyTokenX15", False), ("gotify://8.8.8.8/AGotifyTokenX15", False)),
    ],
)
def test_ones_own_net_may_be_let_in_and_nothing_else(target: str, is_fine: bool) -> None:
    with pytest.raises(TargetRefused):
        ApprisePush().check(target)
    if is_fine:
        assert ApprisePush(allow_own=True).check(target)
    else:
        with pytest.raises(TargetRefused):
            ApprisePush(allow_own=True).check(target)


def test_no_way_out_but_ours_is_left_to_any_service() -> None:
    for name in dict.fromkeys(SERVICES.values()):
        speaker = apprise_push._speakers(name)
        path = f"apprise.plugins.{name}"
        for module in [import_module(path), *apprise_push._parts(path)]:
            found = vars(module)
            assert not {"socket", "urllib", "http", "httpx", "subprocess", "smtplib"} & set(found)
            assert found.get("requests") in (None, apprise_push._REQUESTS)
        assert speaker.service_name
    # None that is not in the list came with them.
    for other in ("email", "syslog", "dbus", "rsyslog", "mqtt", "custom_json", "apprise_api"):
        assert f"apprise.plugins.{other}" not in sys.modules
