"""Addresses of the counter."""

from django.urls import path

from baohao.web.counter import acts, loss, till, views

urlpatterns = [
    path("", views.find, name="counter"),
    path("till/", till.till, name="till"),
    path("<tel:number>/", views.line, name="counter_line"),
    path("<tel:number>/activate/", acts.activate, name="counter_activate"),
    path("<tel:number>/replace/", acts.replace, name="counter_replace"),
    path("<tel:number>/loss/", loss.loss, name="counter_loss"),
    path("<tel:number>/sales/", acts.sales, name="counter_sales"),
    path("<tel:number>/<uuid:quote>/", views.promise, name="counter_promise"),
    path("receipts/<tel:number>/<uuid:ask>.pdf", views.receipt, name="counter_receipt"),
]
