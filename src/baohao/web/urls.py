"""All addresses; each view says who it is for (`accounts/doors.py`)."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import include, path
from django.views.i18n import set_language

from baohao.web.accounts.doors import everybody
from baohao.web.accounts.views import handset, inside
from baohao.web.holder.feed import feed

urlpatterns = [
    path("", include("baohao.web.public.urls")),
    path("my/", include("baohao.web.holder.urls")),
    path("counter/", include("baohao.web.counter.urls")),
    path("agent/", include("baohao.web.agent.urls")),
    path("operator/", include("baohao.web.operator.urls")),
    path("calendar/<str:token>.ics", feed, name="calendar"),
    path("in/", inside, name="inside"),
    path("language/", everybody(set_language), name="set_language"),
    path("accounts/login/", everybody(account.login), name="account_login"),
    path(
        "accounts/login/code/",
        everybody(account.request_login_code),
        name="account_request_login_code",
    ),
    path(
        "accounts/login/code/confirm/",
        everybody(account.confirm_login_code),
        name="account_confirm_login_code",
    ),
    path("accounts/logout/", everybody(account.logout), name="account_logout"),
    path(
        "accounts/reauthenticate/",
        everybody(account.reauthenticate),
        name="account_reauthenticate",
    ),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("demo/handset/", handset, name="handset"),
]
handler404 = "baohao.web.errors.not_found"
handler500 = "baohao.web.errors.broken"
