"""Django's settings: what is decided stands here, what differs comes from the installation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import to_locale

from baohao.wiring import BadSetting, Installation, OidcDirectory

HERE = Path(__file__).parent
#: Where Django's own tables are: accounts and sessions.
SCHEMA = "accounts"
#: In the order in which they are offered. English is the source.
NAMES = (
    ("zh-hant", "繁體中文"),
    ("zh-hans", "简体中文"),
    ("pt", "Português"),
    ("en", "English"),
)
#: Those whose texts are here: each is a folder below `locale`.
LANGUAGES = tuple(
    (code, name)
    for code, name in NAMES
    if code == "en" or (HERE / "locale" / to_locale(code)).is_dir()
)
#: Somebody who does nothing for so long signs in again.
SESSION_AGE = timedelta(days=30)

#: Nothing comes from elsewhere, and nothing stands inside a page but its text.
POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "worker-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}

#: What the demo does not ask of its staff, and says so on their pages; nothing else is relaxed.
#: second_factor: they sign in by a password alone · confirming: they give it once and not again.
RELAXED_IN_DEMO = frozenset({"second_factor", "confirming"})

APPS = (
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "baohao.web.accounts",
    "baohao.web.agent",
    "baohao.web.cards",
    "baohao.web.counter",
    "baohao.web.sharing",
    "baohao.web.support",
    "baohao.web.leaving",
    "baohao.web.bringing",
    "baohao.web.rescue",
    "baohao.web.house",
    "baohao.web.household",
    "baohao.web.customers",
    "baohao.web",
)

MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "baohao.web.middleware.Saying",
    "baohao.web.accounts.middleware.Unkept",
    "baohao.web.accounts.middleware.OfOneTenure",
)

TEMPLATES = (
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "baohao.web.context.of_house",
            ],
            "builtins": ["baohao.web.templatetags.saying"],
        },
    },
)

#: How often strangers may look numbers up (`public/budgets.py`), from one address and all of them.
LIMITS = {
    "guest": "60/m/ip,900/d/ip",
    "guest_all": "1200/m/key",
    "guest_miss": "20/m/ip,100/d/ip",
    "check": "5/m/ip,30/d/ip",
    "check_all": "300/m/key",
    # So that nobody's handset is flooded by whoever knows their number.
    "check_number": "3/h/key",
}

#: Signing in, by allauth.
ACCOUNTS: Mapping[str, Any] = {
    "AUTH_USER_MODEL": "accounts.Account",
    "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
    "ACCOUNT_ADAPTER": "baohao.web.accounts.adapter.Adapter",
    "ACCOUNT_USER_MODEL_USERNAME_FIELD": "name",
    "ACCOUNT_LOGIN_METHODS": {"username", "phone", "email"},
    "ACCOUNT_SIGNUP_FIELDS": ["username*", "email", "phone", "password1*"],
    "ACCOUNT_LOGIN_BY_CODE_ENABLED": True,
    "ACCOUNT_LOGIN_BY_CODE_TIMEOUT": 300,
    "ACCOUNT_EMAIL_VERIFICATION": "none",
    "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED": True,
    "ACCOUNT_EMAIL_SUBJECT_PREFIX": "baohao: ",
    "ACCOUNT_MAX_EMAIL_ADDRESSES": 3,
    "ACCOUNT_FORMS": {
        "request_login_code": "baohao.web.accounts.forms.CodeWanted",
        "add_email": "baohao.web.accounts.forms.EmailAdded",
    },
    "ACCOUNT_PREVENT_ENUMERATION": True,
    "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS": False,
    "ACCOUNT_LOGOUT_ON_GET": False,
    "ACCOUNT_SESSION_REMEMBER": True,
    # Beside its own: second persons by who asks them, strangers who look numbers up, and who asks
    # others for leave, and whom they ask.
    "ACCOUNT_RATE_LIMITS": {
        "approval": "5/m/key",
        "code": "20/m/ip,300/m/key",
        "verify": "30/m/ip,600/m/key",
        "sharing": "10/h/user",
        "sharing_to": "3/d/key",
        "support": "20/h/user",
        "loss": "5/h/key",
        "ours": "20/m/ip",
        "calendar": "60/m/ip",
        "joining": "30/m/ip",
        "robots": "300/m/ip",
        "card_status": "60/m/ip",
        "confirm_email": "5/h/user",
        "push": "12/h/user",
        # Each has the directory asked, by us.
        "directory": "60/m/ip,600/m/key",
        **LIMITS,
        "rescue": "20/h/ip",
    },
    "SOCIALACCOUNT_ADAPTER": "baohao.web.accounts.directory.Admission",
    "SOCIALACCOUNT_EMAIL_VERIFICATION": "none",
    "MFA_ADAPTER": "baohao.web.accounts.second_factor.SecondFactors",
    "MFA_FORMS": {
        "add_webauthn": "baohao.web.accounts.forms.KeyAdded",
        "edit_webauthn": "baohao.web.accounts.forms.KeyNamed",
    },
    # A code of the half minute before or after is good too: clocks of phones differ.
    "MFA_TOTP_TOLERANCE": 1,
    "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
    "MFA_PASSKEY_LOGIN_ENABLED": True,
    "LOGIN_URL": "account_login",
    "LOGIN_REDIRECT_URL": "/in/",
    "LOGOUT_REDIRECT_URL": "/",
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
    "AUTH_PASSWORD_VALIDATORS": [
        {
            "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
            "OPTIONS": {"min_length": 12},
        },
        {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    ],
}


def directory(house: Installation) -> OidcDirectory | None:
    """Return the directory by which staff sign in; raises `BadSetting` where it is nobody's."""
    found = house.settings.oidc
    if found is not None and found.operator not in house.library.operators:
        known = ", ".join(sorted(house.library.operators))
        raise BadSetting(f"BAOHAO_OIDC_OPERATOR must be an operator's key: one of {known}")
    return found


def of_directory(found: OidcDirectory | None) -> dict[str, Any]:
    """Return the settings of the directory by which staff sign in; `None`: there is none."""
    apps = [] if found is None else [_app(found)]
    ours = {"provider_class": "baohao.web.accounts.directory.Directory", "APPS": apps}
    return {"DIRECTORY": found, "SOCIALACCOUNT_PROVIDERS": {"openid_connect": ours}}


def _app(found: OidcDirectory) -> dict[str, Any]:
    return {
        "provider_id": "directory",
        "name": "directory",
        "client_id": found.client,
        "secret": found.secret,
        "settings": {"server_url": found.issuer.rstrip("/"), "oauth_pkce_enabled": True},
    }


def at_home() -> dict[str, Any]:
    """Return what differs where one household alone is served: fewer pages, and their frame."""
    (engine,) = TEMPLATES
    return {
        "ROOT_URLCONF": "baohao.web.home.urls",
        "PASSWORD_HASHERS": ["baohao.web.home.hashing.SmallArgon2"],
        "MIDDLEWARE": (*MIDDLEWARE, "baohao.web.home.starting.Unstarted"),
        "TEMPLATES": ({**engine, "DIRS": [HERE / "home" / "templates", HERE / "templates"]},),
    }


def values(
    house: Installation, database: Mapping[str, Any], hosts: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the settings of an installation."""
    page = urlsplit(house.settings.holder_url or "http://localhost")
    is_https = page.scheme == "https"
    return {
        **ACCOUNTS,
        "EMAIL_BACKEND": "baohao.web.accounts.letters.ByHouse",
        "HAS_MAIL": house.settings.smtp is not None or house.settings.is_demo,
        **of_directory(directory(house)),
        "ACCOUNT_DEFAULT_HTTP_PROTOCOL": page.scheme,
        "DEBUG": False,
        "RELAXED": RELAXED_IN_DEMO if house.settings.is_demo else frozenset(),
        "SECRET_KEY": house.seals.sign(b"the pages' sessions").hex(),
        "ALLOWED_HOSTS": [page.hostname, "localhost", "127.0.0.1", "[::1]", *hosts],
        "DATABASES": {"default": dict(database)},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "INSTALLED_APPS": APPS,
        "MIDDLEWARE": MIDDLEWARE,
        "TEMPLATES": TEMPLATES,
        "ROOT_URLCONF": "baohao.web.urls",
        **(at_home() if house.settings.is_home else {}),
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "USE_I18N": True,
        "LANGUAGE_CODE": "en",
        "LANGUAGES": LANGUAGES,
        "LOCALE_PATHS": [HERE / "locale"],
        "STATIC_URL": "static/",
        "STATICFILES_DIRS": (),
        "WHITENOISE_USE_FINDERS": True,
        "SESSION_COOKIE_AGE": int(SESSION_AGE.total_seconds()),
        "SESSION_COOKIE_SECURE": is_https,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SECURE": is_https,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_FAILURE_VIEW": "baohao.web.errors.forgery",
        "SECURE_HSTS_SECONDS": 31_536_000 if is_https else 0,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "CONTENT_SECURITY_POLICY": {"DIRECTIVES": POLICY},
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 1_000_000,
        "LOGGING_CONFIG": None,
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": not is_https,
    }
