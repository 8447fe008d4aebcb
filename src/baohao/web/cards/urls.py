"""Addresses of my other cards."""

from django.urls import path

from baohao.web.cards import add, ahead, change, done, hangs, household, keys, told, views

urlpatterns = [
    path("", views.cards, name="cards"),
    path("next/", views.upcoming, name="cards_next"),
    path("new/", add.add, name="cards_add"),
    path("calendar/", ahead.calendar, name="cards_calendar"),
    path("cost/", ahead.cost, name="cards_cost"),
    path("keys/", keys.listed, name="cards_keys"),
    path("keys/away/", keys.put_away, name="cards_key_away"),
    path("<card:card>/", views.card, name="cards_card"),
    path("<card:card>/plan/", views.year, name="cards_plan"),
    path("<card:card>/household/", household.card, name="household_card"),
    path("<card:card>/done/", done.done, name="cards_done"),
    path("<card:card>/undo/", done.undo, name="cards_undo"),
    path("<card:card>/says/", told.says, name="cards_says"),
    path("<card:card>/about/", told.about, name="cards_about"),
    path("<card:card>/hangs/", hangs.hangs, name="cards_hangs"),
    path("<card:card>/leave/", hangs.leave, name="cards_leave"),
    path("<card:card>/product/", change.change, name="cards_product"),
]
