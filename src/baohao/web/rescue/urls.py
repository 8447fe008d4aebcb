"""Addresses of rescues."""

from django.urls import path

from baohao.web.rescue import deciding, views

urlpatterns = [
    path("wrong/", views.begin, name="wrong_begin"),
    path("my/wrong/<tel:number>/<uuid:ask>/", views.own, name="wrong_own"),
    path("pay/<uuid:payment>/wrong/", views.wrong, name="wrong"),
    path("support/rescues/", deciding.listed, name="rescues"),
    path("support/rescues/<uuid:payment>/", deciding.one, name="rescue"),
]
