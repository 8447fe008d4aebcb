"""Addresses of the public pages."""

from django.urls import path

from baohao.web.public import app, guest, views

urlpatterns = [
    path("", views.home, name="home"),
    path("sw.js", app.worker, name="worker"),
    path("app.webmanifest", app.manifest, name="manifest"),
    path("offline/", app.offline, name="offline"),
    path("help/", views.help_, name="help"),
    path("verify/", views.verify, name="verify"),
    path("renew/", guest.number, name="guest"),
    path("renew/<tel:number>/", guest.terms, name="guest_terms"),
    path("renew/<tel:number>/ways/", guest.ways, name="guest_ways"),
    path("renew/<tel:number>/<uuid:quote>/", guest.promise, name="guest_promise"),
    path("pay/<uuid:payment>/", guest.pay, name="pay"),
    path("pay/<uuid:payment>/state/", guest.state, name="pay_state"),
]
