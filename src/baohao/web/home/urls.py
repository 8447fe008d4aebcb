"""
All addresses of a home: what a household needs, and nothing of who sells.

Names are as elsewhere, for the pages are the same.
"""

from __future__ import annotations

from django.urls import include, path
from django.views.i18n import set_language

from baohao.web.accounts.doors import everybody
from baohao.web.accounts.own import account, everywhere
from baohao.web.holder import pushing, telling
from baohao.web.holder.feed import feed
from baohao.web.home import robots, views
from baohao.web.public import app, done, ours
from baohao.web.public.views import help_

urlpatterns = [
    path("", views.home, name="home"),
    path("start/", views.start, name="start"),
    path("alive/", views.alive, name="alive"),
    path("my/cards/", include("baohao.web.bringing.urls")),
    path("my/cards/", include("baohao.web.cards.urls")),
    path("", include("baohao.web.household.urls")),
    path("", include("baohao.web.customers.urls")),
    path("products/", include("baohao.web.products.urls")),
    path("my/", views.mine, name="my"),
    path("my/preferences/", telling.wanted, name="my_preferences"),
    path("my/preferences/email/", telling.confirm, name="my_email"),
    path("my/preferences/push/", pushing.add, name="my_push"),
    path("my/preferences/push/code/", pushing.confirm, name="my_push_code"),
    path("my/preferences/push/one/", pushing.one, name="my_push_one"),
    path("my/calendar/", telling.calendar, name="my_calendar"),
    path("calendar/<str:token>.ics", feed, name="calendar"),
    path("done/<str:token>/", done.done, name="done"),
    path("ours/", ours.ours, name="ours"),
    path("my/account/", account, name="my_account"),
    path("my/account/everywhere/", everywhere, name="my_account_everywhere"),
    path("accounts/", include("baohao.web.accounts.urls")),
    path("in/", views.mine, name="inside"),
    path("help/", help_, name="help"),
    path("v1/kept/records", robots.records, name="kept_records"),
    path("v1/kept/readings", robots.readings, name="kept_readings"),
    path("sw.js", app.worker, name="worker"),
    path("app.webmanifest", app.manifest, name="manifest"),
    path("offline/", app.offline, name="offline"),
    path("language/", everybody(set_language), name="set_language"),
]
handler404 = "baohao.web.errors.not_found"
handler500 = "baohao.web.errors.broken"
