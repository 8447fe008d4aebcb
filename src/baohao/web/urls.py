"""All addresses; each view says who it is for (`accounts/doors.py`)."""

from __future__ import annotations

from django.urls import include, path
from django.views.i18n import set_language

from baohao.web.accounts.doors import everybody
from baohao.web.accounts.own import account, everywhere
from baohao.web.accounts.views import handset, inside
from baohao.web.holder.feed import feed

urlpatterns = [
    path("", include("baohao.web.public.urls")),
    path("", include("baohao.web.sharing.urls")),
    path("", include("baohao.web.rescue.urls")),
    path("", include("baohao.web.support.urls")),
    path("my/cards/", include("baohao.web.bringing.urls")),
    path("my/cards/", include("baohao.web.cards.urls")),
    path("", include("baohao.web.household.urls")),
    # After the cards, whose addresses it writes as they do.
    path("", include("baohao.web.customers.urls")),
    path("products/", include("baohao.web.products.urls")),
    path("my/", include("baohao.web.holder.urls")),
    path("counter/", include("baohao.web.counter.urls")),
    path("agent/", include("baohao.web.agent.urls")),
    path("operator/", include("baohao.web.operator.urls")),
    path("calendar/<str:token>.ics", feed, name="calendar"),
    path("in/", inside, name="inside"),
    path("language/", everybody(set_language), name="set_language"),
    path("my/account/", account, name="my_account"),
    path("my/account/everywhere/", everywhere, name="my_account_everywhere"),
    path("accounts/", include("baohao.web.accounts.urls")),
    path("demo/handset/", handset, name="handset"),
]
handler404 = "baohao.web.errors.not_found"
handler500 = "baohao.web.errors.broken"
