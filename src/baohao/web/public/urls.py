"""Addresses of the public pages."""

from django.urls import path

from baohao.web.public import guest, ours, views

urlpatterns = [
    path("", views.home, name="home"),
    path("help/", views.help_, name="help"),
    path("verify/", views.verify, name="verify"),
    path("ours/", ours.ours, name="ours"),
    path("renew/", guest.number, name="guest"),
    path("renew/<tel:number>/", guest.terms, name="guest_terms"),
    path("renew/<tel:number>/<uuid:quote>/", guest.promise, name="guest_promise"),
    path("pay/<uuid:payment>/", guest.pay, name="pay"),
    path("pay/<uuid:payment>/state/", guest.state, name="pay_state"),
]
