"""Settings: what the environment may say, and what is taken when it says nothing."""

from __future__ import annotations

import os
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path

import pytest

from baohao.config import BadSetting, policies_path, settings


@pytest.mark.parametrize("url", ["postgresql://u@127.0.0.1/b", "postgres://u@127.0.0.1/b"])
def test_a_server_is_named_by_its_address(url: str) -> None:
    assert settings({"BAOHAO_DATABASE_URL": f" {url}\n"}).database_url == url


@pytest.mark.parametrize("environ", [{}, {"BAOHAO_DATABASE_URL": ""}, {"BAOHAO_DATABASE_URL": " "}])
def test_without_an_address_the_database_is_embedded(environ: dict[str, str]) -> None:
    assert settings(environ).database_url is None


def test_another_database_is_refused_without_repeating_its_password() -> None:
    with pytest.raises(BadSetting, match="must start with postgresql://") as refused:
        settings({"BAOHAO_DATABASE_URL": "mysql://u:hunter2@127.0.0.1/b"})
    assert "hunter2" not in str(refused.value)


def test_the_data_folder_is_the_one_asked_for_else_the_users(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert settings({}, data=Path("~/lines")).data == tmp_path / "lines"
    assert tmp_path in settings({}).data.parents


def test_roots_data_folder_can_be_entered_by_the_account_that_runs_postgresql(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert settings({}).data == Path("/var/lib/baohao")


def test_a_relative_data_folder_stays_where_it_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = settings({}, data=Path("var")).data
    monkeypatch.chdir("/")
    assert asked == tmp_path / "var"


@pytest.mark.parametrize("text", [b64encode(b"k" * 32), urlsafe_b64encode(b"\xff" * 32)])
def test_a_key_for_secrets_is_given_in_base64(text: bytes) -> None:
    assert len(settings({"BAOHAO_SECRET_KEY": f"{text.decode()}\n"}).secret_key or b"") == 32
    assert settings({"BAOHAO_SECRET_KEY": ""}).secret_key is None


@pytest.mark.parametrize("text", ["hunter2", "aHVudGVyMg==", "hunter2 \u4fdd"])
def test_another_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(BadSetting, match="32 bytes in base64") as refused:
        settings({"BAOHAO_SECRET_KEY": text})
    assert text not in str(refused.value)


def test_a_key_is_not_shown_among_the_settings() -> None:
    found = settings({"BAOHAO_SECRET_KEY": b64encode(b"k" * 32).decode()})
    assert "kkkk" not in repr(found)


def test_webhooks_go_to_this_machine_only_where_that_is_said() -> None:
    assert not settings({}).webhooks_to_loopback
    assert settings({"BAOHAO_WEBHOOKS_LOOPBACK": "1"}).webhooks_to_loopback


def test_pushes_are_asked_for_and_leave_this_machine_alone() -> None:
    usual, asked = settings({}), settings({"BAOHAO_PUSH": "1"})
    assert (usual.pushes, asked.pushes, asked.push_to_own) == (False, True, False)
    assert settings({"BAOHAO_PUSH_TO_LOOPBACK": "1"}).push_to_own
    assert settings({"BAOHAO_HOME": "1"}).pushes
    assert not settings({"BAOHAO_HOME": "1", "BAOHAO_PUSH": "0"}).pushes


def test_the_pages_of_holders_are_where_nobody_in_between_reads_a_link() -> None:
    assert settings({}).holder_url is None
    for url in ("https://keep.example", "http://127.0.0.1:8850"):
        assert settings({"BAOHAO_HOLDER_URL": f" {url} "}).holder_url == url
    for url in (
        "http://keep.example",
        "keep.example",
        "https://k.example/?a",
        "https://k.example#",
    ):
        with pytest.raises(BadSetting, match="must be as in https"):
            settings({"BAOHAO_HOLDER_URL": url})


def test_the_policies_are_found() -> None:
    assert (policies_path() / "README.md").is_file()


def test_an_operators_own_system_is_named_with_its_token() -> None:
    environ = {
        "BAOHAO_CHARGING_URL_DEMO_2": "https://ocs.example",
        "BAOHAO_CHARGING_TOKEN_DEMO_2": "hunter2",
        "BAOHAO_CHARGING_URL_DEMO": "",
    }
    found = settings(environ)
    endpoint = found.charging_of("demo-2")
    assert endpoint is not None
    assert (endpoint.url, endpoint.token) == ("https://ocs.example", "hunter2")
    assert found.charging_of("demo") is None
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("url", "token", "why"),
    [
        ("http://ocs.example", "t", "must start with https://"),
        ("http://127.0.0.1.example", "t", "must start with https://"),
        ("http://127.0.0.1:80@ocs.example", "t", "must start with https://"),
        ("https://[", "t", "must start with https://"),
        ("https://ocs.example", "", "needs BAOHAO_CHARGING_TOKEN_X beside it"),
        ("https://ocs.example", "ключ", "in plain ASCII"),
    ],
)
def test_a_system_that_would_be_told_secrets_in_the_clear_is_refused(
    url: str, token: str, why: str
) -> None:
    with pytest.raises(BadSetting, match=why):
        settings({"BAOHAO_CHARGING_URL_X": url, "BAOHAO_CHARGING_TOKEN_X": token})


WECHAT = {
    "BAOHAO_WECHAT_MCHID": "1900000109",
    "BAOHAO_WECHAT_APPID": "wx8888888888888888",
    "BAOHAO_WECHAT_SERIAL": "408B07E7",
    "BAOHAO_WECHAT_PRIVATE_KEY_FILE": "/keys/ours.pem",
    "BAOHAO_WECHAT_APIV3_KEY": "k" * 32,
    "BAOHAO_WECHAT_PLATFORM_KEY_ID": "PUB_KEY_ID_1",
    "BAOHAO_WECHAT_PLATFORM_KEY_FILE": "/keys/theirs.pem",
}
ABROAD = {
    "BAOHAO_WECHAT_WAY": "global",
    "BAOHAO_WECHAT_CURRENCIES": "MOP HKD",
    "BAOHAO_WECHAT_SUB_MCHID": "1900000200",
}


def test_wechat_pay_is_direct_unless_it_is_said_otherwise() -> None:
    assert settings({}).wechat is None
    assert settings({"BAOHAO_WECHAT_MCHID": " "}).wechat is None
    wechat = settings(WECHAT).wechat
    assert wechat is not None
    assert (wechat.url, wechat.is_global) == ("https://api.mch.weixin.qq.com", False)
    assert wechat.currencies == {"CNY"}
    assert "kkkk" not in repr(wechat)
    abroad = settings({**WECHAT, **ABROAD}).wechat
    assert abroad is not None
    assert (abroad.url, abroad.is_global) == ("https://apihk.mch.weixin.qq.com", True)
    assert abroad.currencies == {"MOP", "HKD"}
    assert abroad.sub_mchid == "1900000200"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"BAOHAO_WECHAT_SERIAL": ""}, "BAOHAO_WECHAT_SERIAL as well"),
        ({"BAOHAO_WECHAT_WAY": "sideways"}, "direct or global"),
        ({"BAOHAO_WECHAT_WAY": "global"}, "BAOHAO_WECHAT_CURRENCIES as well"),
        ({"BAOHAO_WECHAT_APIV3_KEY": "hunter2"}, "32 letters"),
        ({"BAOHAO_WECHAT_SUB_MCHID": "1"}, "global only"),
        ({"BAOHAO_WECHAT_URL": "http://api.mch.weixin.qq.com"}, "https://"),
    ],
)
def test_an_account_at_wechat_pay_must_be_whole(more: dict[str, str], message: str) -> None:
    with pytest.raises(BadSetting, match=message) as refused:
        settings({**WECHAT, **more})
    assert "hunter2" not in str(refused.value)


STRIPE = {
    "BAOHAO_STRIPE_KEY": "rk_live_hunter2",
    "BAOHAO_STRIPE_SIGNING": "whsec_new whsec_old",
    "BAOHAO_STRIPE_RETURN_URL": "https://keep.example/paid",
}


def test_stripe_is_an_account_with_its_secrets() -> None:
    assert settings({}).stripe is None
    stripe = settings(STRIPE).stripe
    assert stripe is not None
    assert (stripe.url, stripe.account) == ("https://api.stripe.com", "")
    assert stripe.signing == ("whsec_new", "whsec_old")
    assert "hunter2" not in repr(stripe)
    assert "whsec" not in repr(stripe)
    home = {**STRIPE, "BAOHAO_STRIPE_RETURN_URL": "", "BAOHAO_HOLDER_URL": "https://keep.example/"}
    at_home = settings(home).stripe
    assert at_home is not None
    assert at_home.return_url == "https://keep.example"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"BAOHAO_STRIPE_KEY": ""}, "BAOHAO_STRIPE_KEY as well"),
        ({"BAOHAO_STRIPE_RETURN_URL": ""}, "BAOHAO_STRIPE_RETURN_URL as well"),
        ({"BAOHAO_STRIPE_KEY": "pk_live_hunter2"}, "must begin with sk_live_"),
        ({"BAOHAO_STRIPE_SIGNING": "hunter2"}, "whsec_"),
        ({"BAOHAO_STRIPE_URL": "http://api.stripe.com"}, "https://"),
        ({"BAOHAO_STRIPE_RETURN_URL": "keep.example"}, "https://"),
    ],
)
def test_an_account_at_stripe_must_be_whole(more: dict[str, str], message: str) -> None:
    with pytest.raises(BadSetting, match=message) as refused:
        settings({**STRIPE, **more})
    assert "hunter2" not in str(refused.value)
