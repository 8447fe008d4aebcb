"""The agent's badge: a code for its window that anybody can scan."""

from __future__ import annotations

from datetime import timedelta

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from baohao.app import badges
from baohao.app.badges import Badge
from baohao.web.accounts.doors import workers
from baohao.web.accounts.roles import Act
from baohao.web.agent.own import agent_of, zone_of
from baohao.web.desk import desk

#: A badge that is photographed and put up elsewhere does not last.
LASTS_DAYS = 90


@workers(Act.SELL)
def printed(request: HttpRequest) -> HttpResponse:
    """Show the badge, to be printed; one of the same day is the same."""
    agent = agent_of(request)
    today = desk().now().astimezone(zone_of(agent)).date()
    made = Badge(agent=agent.key, until=today + timedelta(days=LASTS_DAYS))
    token = badges.token(made, desk().house.seals)
    address = request.build_absolute_uri(reverse("badge", args=[token]))
    page = {
        "agent": agent,
        "address": address,
        "qr": segno.make(address, micro=False, error="m").svg_data_uri(scale=6, border=3),
        "last": made.until - timedelta(days=1),
    }
    return render(request, "agent/badge.html", page)
