"""Addresses of the public pages."""

from django.urls import path

from baohao.web.public import guest, stop, views

urlpatterns = [
    path("", views.home, name="home"),
    path("help/", views.help_, name="help"),
    path("verify/", views.verify, name="verify"),
    path("stop/<str:token>/", stop.stop, name="stop"),
    path("renew/", guest.number, name="guest"),
    path("renew/<tel:number>/", guest.terms, name="guest_terms"),
    path("renew/<tel:number>/<uuid:quote>/", guest.promise, name="guest_promise"),
    path("pay/<uuid:payment>/", guest.pay, name="pay"),
    path("pay/<uuid:payment>/state/", guest.state, name="pay_state"),
]
