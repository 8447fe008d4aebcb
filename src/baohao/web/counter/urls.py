"""Addresses of the counter."""

from django.urls import path

from baohao.web.counter import till, views

urlpatterns = [
    path("", views.find, name="counter"),
    path("till/", till.till, name="till"),
    path("<tel:number>/", views.line, name="counter_line"),
    path("<tel:number>/<uuid:quote>/", views.promise, name="counter_promise"),
    path("receipts/<tel:number>/<uuid:ask>.pdf", views.receipt, name="counter_receipt"),
]
