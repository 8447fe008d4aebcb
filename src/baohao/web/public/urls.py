"""Addresses of the public pages."""

from django.urls import path

from baohao.web.public import app, checking, done, finding, guest, ours, stop, views

urlpatterns = [
    path("", views.home, name="home"),
    path("sw.js", app.worker, name="worker"),
    path("app.webmanifest", app.manifest, name="manifest"),
    path("offline/", app.offline, name="offline"),
    path("help/", views.help_, name="help"),
    path("verify/", views.verify, name="verify"),
    path("ours/", ours.ours, name="ours"),
    path("stop/<str:token>/", stop.stop, name="stop"),
    path("done/<str:token>/", done.done, name="done"),
    path("brand/<str:name>.css", views.brand, name="brand_sheet"),
    path("check/", checking.number, name="check"),
    path("check/code/", checking.code, name="check_code"),
    path("check/told/", checking.told, name="checked"),
    path("halls/", finding.halls_, name="halls"),
    path("prices/", finding.prices, name="prices"),
    path("agents/", finding.agents, name="agents"),
    path("agents/<str:name>/", finding.agent, name="agent_public"),
    path("badge/<str:token>/", finding.badge, name="badge"),
    path("renew/", guest.number, name="guest"),
    path("renew/<tel:number>/", guest.terms, name="guest_terms"),
    path("renew/<tel:number>/ways/", guest.ways, name="guest_ways"),
    path("renew/<tel:number>/<uuid:quote>/", guest.promise, name="guest_promise"),
    path("pay/<uuid:payment>/", guest.pay, name="pay"),
    path("pay/<uuid:payment>/state/", guest.state, name="pay_state"),
]
