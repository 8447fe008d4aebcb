"""
Settings from the environment, typed. Only `wiring` reads them; everybody else is given values.

    BAOHAO_ACQUIRER                a file: the contract with an acquirer whose code people pay
    BAOHAO_API_LANES               writers of the API, 1 to 8; by default 1
    BAOHAO_BANK                    a file: the bank accounts that people pay into by transfer
    BAOHAO_CARD_LIMITS             how often cards may be tried: docs/how-to/stripe.md; off: always
    BAOHAO_CHARGING_TOKEN_DEMO2    what the charging system of the operator demo2 knows us by
    BAOHAO_CHARGING_URL_DEMO2      where it listens; each operator has two variables like these
    BAOHAO_DATA                    the folder of the embedded database; else the platform's
    BAOHAO_DATABASE_URL            a PostgreSQL server to use; without it the embedded one is used
    BAOHAO_HOLDER_URL              where the pages of holders are, as in https://keep.example
    BAOHAO_HOME                    1: one household's pages alone, in a small machine's memory
    BAOHAO_NOTIFY_URL              where gateways tell us, each at its name below; https://
    BAOHAO_OIDC_ISSUER ...         the directory by which staff sign in: docs/how-to/sign-in.md
    BAOHAO_PUSH                    1: holders may be told by push services of their choice; at home
                                   they are without it
    BAOHAO_PUSH_TO_LOOPBACK        1: these may be on this machine, or in your own net
    BAOHAO_RECEIPTS_UNSIGNED       1: receipts are printed without a signature in the PDF; their QR
                                   codes are signed all the same
    BAOHAO_SECRET_KEY              32 bytes in base64, under which secrets are sealed; without it a
                                   file in the data folder has them
    BAOHAO_SMTP_HOST ...           the mail server: docs/how-to/remind-holders.md has them all
    BAOHAO_STRIPE_KEY ...          the account at Stripe: docs/how-to/stripe.md has them all
    BAOHAO_TERMINALS               1: counters take cards, at terminals whose slips a clerk types in
    BAOHAO_WEBHOOKS_LOOPBACK       1: webhooks may go to this machine; for tests and the demo
    BAOHAO_DEMO                    1: the demo, which shows the codes that it sends on a page
    BAOHAO_WECHAT_MCHID ...        the account at WeChat Pay: docs/how-to/wechat-pay.md has them all
"""

from __future__ import annotations

import os
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_data_path

DATABASE_URL_VARIABLE = "BAOHAO_DATABASE_URL"
DATA_VARIABLE = "BAOHAO_DATA"
LANES_VARIABLE = "BAOHAO_API_LANES"
LANES_MAX = 8
CHARGING_URL, CHARGING_TOKEN = "BAOHAO_CHARGING_URL_", "BAOHAO_CHARGING_TOKEN_"
ACQUIRER_VARIABLE, NOTIFY_VARIABLE = "BAOHAO_ACQUIRER", "BAOHAO_NOTIFY_URL"
BANK_VARIABLE = "BAOHAO_BANK"
SECRET_KEY_VARIABLE = "BAOHAO_SECRET_KEY"  # noqa: S105 - its name, not the key
HOLDER_VARIABLE = "BAOHAO_HOLDER_URL"
UNSIGNED_VARIABLE = "BAOHAO_RECEIPTS_UNSIGNED"
#: "1": the demo, which shows what others keep to themselves.
DEMO_VARIABLE = "BAOHAO_DEMO"
#: "1": a household's, see docs/how-to/keep-at-home.md.
HOME_VARIABLE = "BAOHAO_HOME"
TERMINALS_VARIABLE = "BAOHAO_TERMINALS"
LOOPBACK_VARIABLE = "BAOHAO_WEBHOOKS_LOOPBACK"
PUSH_VARIABLE, PUSH_LOOPBACK_VARIABLE = "BAOHAO_PUSH", "BAOHAO_PUSH_TO_LOOPBACK"
WECHAT = "BAOHAO_WECHAT_"
STRIPE, STRIPE_URL = "BAOHAO_STRIPE_", "https://api.stripe.com"
LIMITS_VARIABLE = "BAOHAO_CARD_LIMITS"
SMTP = "BAOHAO_SMTP_"
#: How the way to a mail server is closed -> its usual port.
SMTP_PORTS = {"starttls": 587, "implicit": 465, "none": 25}
OIDC = "BAOHAO_OIDC_"
#: As what a directory may let somebody in; agents' people are not in it.
OIDC_ROLES = ("clerk", "supervisor", "product", "finance", "auditor", "admin")
#: Where WeChat Pay is reached by default, by the way.
WECHAT_URLS = {
    "direct": "https://api.mch.weixin.qq.com",
    "global": "https://apihk.mch.weixin.qq.com",
}
#: Where the platform keeps the data of what root runs.
ROOTS_DATA = Path("/var/lib/baohao")


class BadSetting(ValueError):  # noqa: N818 - named like the refusals, so that shells print it alike
    """A setting that cannot be used; the message names the variable and what to write instead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """Where an operator's own charging system listens."""

    url: str
    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class WechatAccount:
    """A merchant's account at WeChat Pay."""

    mchid: str
    appid: str
    #: The merchant for whom the two above act as an institution; empty: for themselves.
    sub_mchid: str = ""
    serial: str
    private_key_file: Path
    apiv3_key: str = field(repr=False)
    platform_key_id: str
    platform_key_file: Path
    is_global: bool
    url: str
    currencies: frozenset[str]
    #: Where they tell of refunds; empty: they are asked.
    refund_notify_url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StripeAccount:
    """An account at Stripe."""

    key: str = field(repr=False)
    #: Of the endpoint for notices; the first is the newest.
    signing: tuple[str, ...] = field(repr=False)
    #: The account that a platform acts for; empty: its own.
    account: str = ""
    return_url: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SmtpAccount:
    """A mail server that takes our letters."""

    host: str
    port: int
    #: "starttls", "implicit", or "none" on this machine.
    tls: str
    #: Whom letters are from, as in `Demo Telecom <notices@demo.example>`.
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    #: Certificates that its own is held against; `None`: those of the platform.
    ca_file: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OidcDirectory:
    """An operator's own directory, by which its staff sign in (OpenID Connect)."""

    #: As the directory writes it; its description is found below.
    issuer: str
    client: str
    secret: str = field(repr=False)
    #: Whose staff it has.
    operator: str
    #: The claim that says what somebody is there.
    claim: str = "groups"
    #: A value of the claim, and the role that it gives; of several that fit, the first.
    roles: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything that differs from one installation to another."""

    #: Where the server is (postgresql://...), or None for the embedded PostgreSQL.
    database_url: str | None
    #: Folder of the embedded database and its log. It need not exist yet.
    data: Path
    #: Folder with the library of retention policies.
    policies: Path
    #: How many batches of the API are in flight at once; each has a connection of its own.
    api_lanes: int = 1
    #: By the end of the variables' names: the operator's key in capitals, its - and . as _.
    charging: Mapping[str, Endpoint] = field(default_factory=dict)
    #: The contract with an acquirer, or None.
    acquirer: Path | None = None
    #: The bank accounts that people pay into, or None.
    bank: Path | None = None
    #: Where gateways tell us; each at an address of its own below.
    notify_url: str = ""
    #: What secrets are sealed under, or None for the file in the data folder.
    secret_key: bytes | None = field(default=None, repr=False)
    #: Where the pages of holders are; `None`: nowhere yet.
    holder_url: str | None = None
    #: Whether this is the demo: its codes are shown on a page, and no second factor is asked for.
    is_demo: bool = False
    #: Whether this is one household's: its pages alone, and a small database.
    is_home: bool = False
    #: Whether receipts on paper are signed.
    receipts_signed: bool = True
    #: Whether webhooks may go to this machine.
    webhooks_to_loopback: bool = False
    #: Whether holders may be told by push services of their choice, and those be in our own net.
    pushes: bool = False
    push_to_own: bool = False
    #: Whether counters have terminals for cards.
    has_terminals: bool = False
    #: The account at WeChat Pay, if there is one.
    wechat: WechatAccount | None = None
    #: The account at Stripe, if there is one.
    stripe: StripeAccount | None = None
    #: The mail server, if there is one.
    smtp: SmtpAccount | None = None
    #: The directory by which staff sign in, if there is one.
    oidc: OidcDirectory | None = None
    #: How often cards may be tried, as `core.velocity` reads it; `None`: as it is by default.
    card_limits: str | None = None

    def charging_of(self, operator: str) -> Endpoint | None:
        """Return where an operator's own charging system listens, if that was said."""
        return self.charging.get(re.sub(r"[^A-Z0-9]", "_", operator.upper()))


def settings(environ: Mapping[str, str], *, data: Path | None = None) -> Settings:
    """
    Return the settings that `environ` gives.

    `data` is the folder a user asked for (`--data`); without one it is the variable's, or the
    platform's data folder. Raises `BadSetting`.
    """
    named = environ.get(DATA_VARIABLE, "").strip()
    if data is None and named:
        data = Path(named)
    return Settings(
        database_url=_database_url(environ),
        data=(data or _platform_data()).expanduser().absolute(),
        policies=policies_path(),
        api_lanes=_lanes(environ),
        charging=_charging(environ),
        acquirer=_file(environ, ACQUIRER_VARIABLE),
        bank=_file(environ, BANK_VARIABLE),
        notify_url=_notify_url(environ),
        secret_key=_secret_key(environ),
        holder_url=_holder_url(environ),
        is_demo=environ.get(DEMO_VARIABLE, "").strip() == "1",
        is_home=environ.get(HOME_VARIABLE, "").strip() == "1",
        receipts_signed=environ.get(UNSIGNED_VARIABLE, "").strip() != "1",
        has_terminals=environ.get(TERMINALS_VARIABLE, "").strip() == "1",
        webhooks_to_loopback=environ.get(LOOPBACK_VARIABLE, "").strip() == "1",
        pushes=environ.get(PUSH_VARIABLE, environ.get(HOME_VARIABLE, "")).strip() == "1",
        push_to_own=environ.get(PUSH_LOOPBACK_VARIABLE, "").strip() == "1",
        wechat=_wechat(environ),
        stripe=_stripe(environ),
        smtp=_smtp(environ),
        oidc=_oidc(environ),
        card_limits=environ.get(LIMITS_VARIABLE, "").strip() or None,
    )


def mail_server(server: str, user: str, password: str, sender: str) -> dict[str, str]:
    """
    Return the variables of a mail server as people say it: its name, and a port behind ":" if it
    has another than 587; on 465 the way is closed from the first byte. Nothing said: all empty.
    """
    host, _, port = server.strip().partition(":")
    on_this_machine = host in ("localhost", "127.0.0.1")
    tls = "implicit" if port == "465" else "none" if on_this_machine else "starttls"
    said = {"HOST": host, "FROM": sender, "TLS": tls, "PORT": port}
    said |= {"USER": user, "PASSWORD": password}
    return {SMTP + name: value if host else "" for name, value in said.items()}


def policies_path() -> Path:
    """Return the folder of the policy library: inside an installed package, else the checkout's."""
    package = Path(__file__).parent
    installed = package / "policies"
    return installed if installed.is_dir() else package.parent.parent / "policies"


def _charging(environ: Mapping[str, str]) -> Mapping[str, Endpoint]:
    found = {}
    for variable, value in environ.items():
        name, url = variable.removeprefix(CHARGING_URL), value.strip()
        if name == variable or not url:
            continue
        if not _is_private(url):
            # A token must not travel in the clear.
            raise BadSetting(f"{variable} must start with https:// (http:// on this machine only)")
        token = environ.get(CHARGING_TOKEN + name, "").strip()
        if not token or not token.isascii() or not token.isprintable():
            raise BadSetting(f"{variable} needs {CHARGING_TOKEN}{name} beside it, in plain ASCII")
        found[name] = Endpoint(url=url, token=token)
    return found


def _holder_url(environ: Mapping[str, str]) -> str | None:
    url = environ.get(HOLDER_VARIABLE, "").strip()
    if not url:
        return None
    if not _is_private(url) or not url.isascii() or set(url) & set("?# "):
        # Whoever reads a link on its way is in.
        raise BadSetting(f"{HOLDER_VARIABLE} must be as in https://keep.example, without ? and #")
    return url.rstrip("/")


def _file(environ: Mapping[str, str], variable: str) -> Path | None:
    named = environ.get(variable, "").strip()
    return Path(named).expanduser().absolute() if named else None


def _notify_url(environ: Mapping[str, str]) -> str:
    url = environ.get(NOTIFY_VARIABLE, "").strip().rstrip("/")
    if url and not _is_private(url):
        raise BadSetting(f"{NOTIFY_VARIABLE} must start with https:// (http:// on this machine)")
    return url


def _wechat(environ: Mapping[str, str]) -> WechatAccount | None:
    said = {
        name.removeprefix(WECHAT): value.strip()
        for name, value in environ.items()
        if name.startswith(WECHAT) and value.strip()
    }
    if not said:
        return None
    way = said.get("WAY", "direct")
    if way not in WECHAT_URLS:
        raise BadSetting(f"{WECHAT}WAY must be direct or global")
    needed = ["MCHID", "APPID", "SERIAL", "PRIVATE_KEY_FILE", "APIV3_KEY"]
    needed += ["PLATFORM_KEY_ID", "PLATFORM_KEY_FILE"]
    # Nobody but their contract knows in which currencies a merchant abroad is paid.
    needed += ["CURRENCIES"] if way == "global" else []
    if missing := [WECHAT + name for name in needed if name not in said]:
        raise BadSetting(f"WeChat Pay needs {' '.join(missing)} as well")
    if len(said["APIV3_KEY"].encode()) != 32:
        raise BadSetting(f"{WECHAT}APIV3_KEY must be the 32 letters set in the merchant platform")
    if "SUB_MCHID" in said and way == "direct":
        raise BadSetting(f"{WECHAT}SUB_MCHID is for {WECHAT}WAY=global only")
    url = said.get("URL", WECHAT_URLS[way])
    if not _is_private(url):
        raise BadSetting(f"{WECHAT}URL must start with https:// (http:// on this machine only)")
    return WechatAccount(
        mchid=said["MCHID"],
        appid=said["APPID"],
        sub_mchid=said.get("SUB_MCHID", ""),
        serial=said["SERIAL"],
        private_key_file=Path(said["PRIVATE_KEY_FILE"]).expanduser(),
        apiv3_key=said["APIV3_KEY"],
        platform_key_id=said["PLATFORM_KEY_ID"],
        platform_key_file=Path(said["PLATFORM_KEY_FILE"]).expanduser(),
        is_global=way == "global",
        url=url,
        currencies=frozenset(said.get("CURRENCIES", "CNY").split()),
        refund_notify_url=said.get("NOTIFY_URL", ""),
    )


def _stripe(environ: Mapping[str, str]) -> StripeAccount | None:
    said = {
        name.removeprefix(STRIPE): value.strip()
        for name, value in environ.items()
        if name.startswith(STRIPE) and value.strip()
    }
    if not said:
        return None
    said.setdefault("RETURN_URL", _holder_url(environ) or "")
    needed = ("KEY", "SIGNING", "RETURN_URL")
    if missing := [STRIPE + name for name in needed if not said.get(name)]:
        raise BadSetting(f"Stripe needs {' '.join(missing)} as well")
    if not re.fullmatch(r"[sr]k_(live|test)_[A-Za-z0-9_]+", said["KEY"]):
        raise BadSetting(f"{STRIPE}KEY must begin with sk_live_, rk_live_, sk_test_ or rk_test_")
    signing = tuple(said["SIGNING"].split())
    if not all(re.fullmatch(r"whsec_[!-~]+", each) for each in signing):
        raise BadSetting(f"{STRIPE}SIGNING must begin with whsec_; of two, with a space between")
    url = said.get("URL", STRIPE_URL)
    for name, each in (("URL", url), ("RETURN_URL", said["RETURN_URL"])):
        if not _is_private(each):
            raise BadSetting(f"{STRIPE}{name} must start with https:// (http:// on this machine)")
    return StripeAccount(
        key=said["KEY"],
        signing=signing,
        account=said.get("ACCOUNT", ""),
        return_url=said["RETURN_URL"],
        url=url,
    )


def _smtp(environ: Mapping[str, str]) -> SmtpAccount | None:
    said = {
        name.removeprefix(SMTP): value.strip()
        for name, value in environ.items()
        if name.startswith(SMTP) and value.strip()
    }
    if not said:
        return None
    if missing := [SMTP + name for name in ("HOST", "FROM") if name not in said]:
        raise BadSetting(f"Mail needs {' '.join(missing)} as well")
    tls, host = said.get("TLS", "starttls"), said["HOST"]
    if tls not in SMTP_PORTS or (tls == "none" and host not in ("127.0.0.1", "localhost", "::1")):
        # Names, dates and links must not travel in the clear.
        raise BadSetting(f"{SMTP}TLS must be starttls or implicit (none on this machine only)")
    port = said.get("PORT", str(SMTP_PORTS[tls]))
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise BadSetting(f"{SMTP}PORT must be a whole number from 1 to 65535")
    if not re.fullmatch(r"[^<>@\r\n]*<?[!-;=?A-~]+@[!-;=?A-~]+\.?[!-;=?A-~]*>?", said["FROM"]):
        raise BadSetting(f"{SMTP}FROM must be as in Demo Telecom <notices@demo.example>")
    if ("USER" in said) != ("PASSWORD" in said):
        raise BadSetting(f"{SMTP}USER and {SMTP}PASSWORD go together")
    return SmtpAccount(
        host=host,
        port=int(port),
        tls=tls,
        sender=said["FROM"],
        user=said.get("USER", ""),
        password=said.get("PASSWORD", ""),
        ca_file=_file(environ, f"{SMTP}CA"),
    )


def _oidc(environ: Mapping[str, str]) -> OidcDirectory | None:
    said = {
        name.removeprefix(OIDC): value.strip()
        for name, value in environ.items()
        if name.startswith(OIDC) and value.strip()
    }
    if not said:
        return None
    needed = ("ISSUER", "CLIENT", "SECRET", "OPERATOR", "ROLES")
    if missing := [OIDC + name for name in needed if name not in said]:
        raise BadSetting(f"A directory needs {' '.join(missing)} as well")
    issuer = said["ISSUER"]
    if not _is_private(issuer) or not issuer.isascii() or set(issuer) & set("?# "):
        # Whoever answers in its place lets in whom they like.
        raise BadSetting(f"{OIDC}ISSUER must start with https:// (http:// on this machine only)")
    return OidcDirectory(
        issuer=issuer,
        client=said["CLIENT"],
        secret=said["SECRET"],
        operator=said["OPERATOR"],
        claim=said.get("CLAIM", "groups"),
        roles=_oidc_roles(said["ROLES"]),
    )


def _oidc_roles(text: str) -> tuple[tuple[str, str], ...]:
    # A name in a directory may have commas of its own: cn=hall,ou=staff,dc=example.
    pair = rf"\s*(.+?)\s*:\s*({'|'.join(OIDC_ROLES)})\s*(?:,|\Z)"
    found, at = [], 0
    while at < len(text) and (each := re.compile(pair).match(text, at)):
        found.append((each[1], each[2]))
        at = each.end()
    if at < len(text):
        raise BadSetting(
            f"{OIDC}ROLES must be as in cn=hall:clerk,cn=leads:supervisor; the roles are "
            + ", ".join(OIDC_ROLES)
        )
    return tuple(found)


def _is_private(url: str) -> bool:
    """Say whether nobody in between reads what goes there."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(host)
    return parts.scheme == "http" and host in ("127.0.0.1", "localhost", "::1")


def _platform_data() -> Path:
    # Root's home is closed to the account that runs PostgreSQL for root.
    return ROOTS_DATA if os.geteuid() == 0 else user_data_path("baohao")


def _database_url(environ: Mapping[str, str]) -> str | None:
    # An empty variable is how shells and compose files say "not set".
    url = environ.get(DATABASE_URL_VARIABLE, "").strip()
    if not url:
        return None
    if not url.startswith(("postgresql://", "postgres://")):
        # The value is not repeated: it may hold a password.
        raise BadSetting(
            f"{DATABASE_URL_VARIABLE} must start with postgresql://, "
            "for example postgresql://baohao@127.0.0.1:5432/baohao"
        )
    return url


def _lanes(environ: Mapping[str, str]) -> int:
    text = environ.get(LANES_VARIABLE, "").strip() or "1"
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= LANES_MAX:
        raise BadSetting(f"{LANES_VARIABLE} must be a whole number from 1 to {LANES_MAX}")
    return int(text)


def _secret_key(environ: Mapping[str, str]) -> bytes | None:
    text = environ.get(SECRET_KEY_VARIABLE, "").strip()
    if not text:
        return None
    try:
        key = b64decode(text.translate(str.maketrans("-_", "+/")), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        # Nor is this value repeated.
        raise BadSetting(
            f"{SECRET_KEY_VARIABLE} must be 32 bytes in base64: head -c 32 /dev/urandom | base64"
        )
    return key
