"""Addresses of my other cards."""

from django.urls import path

from baohao.web.cards import add, done, views

urlpatterns = [
    path("", views.cards, name="cards"),
    path("next/", views.upcoming, name="cards_next"),
    path("new/", add.add, name="cards_add"),
    path("<card:card>/", views.card, name="cards_card"),
    path("<card:card>/done/", done.done, name="cards_done"),
]
