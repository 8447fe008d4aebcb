"""Addresses of the holder's pages."""

from django.urls import path

from baohao.web.holder import telling, views

urlpatterns = [
    path("", views.numbers, name="my"),
    path("receipts/", views.receipts, name="my_receipts"),
    path("receipts/<uuid:ask>.pdf", views.receipt, name="my_receipt"),
    path("preferences/", telling.wanted, name="my_preferences"),
    path("preferences/email/", telling.confirm, name="my_email"),
    path("calendar/", telling.calendar, name="my_calendar"),
    path("<tel:number>/", views.line, name="my_line"),
    path("<tel:number>/renew/", views.renew, name="my_renew"),
    path("<tel:number>/renew/<uuid:quote>/", views.promise, name="my_promise"),
]
