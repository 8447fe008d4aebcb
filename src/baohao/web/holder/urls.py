"""Addresses of the holder's pages."""

from django.urls import path

from baohao.web.holder import leave, line, loss, orders, plans, pushing, several, telling, views

urlpatterns = [
    path("", views.numbers, name="my"),
    path("receipts/", views.receipts, name="my_receipts"),
    path("receipts/<uuid:ask>.pdf", views.receipt, name="my_receipt"),
    path("preferences/", telling.wanted, name="my_preferences"),
    path("preferences/email/", telling.confirm, name="my_email"),
    path("preferences/push/", pushing.add, name="my_push"),
    path("preferences/push/code/", pushing.confirm, name="my_push_code"),
    path("preferences/push/one/", pushing.one, name="my_push_one"),
    path("calendar/", telling.calendar, name="my_calendar"),
    path("several/", several.choose, name="my_several"),
    path("several/<uuid:basket>/", several.basket, name="my_basket"),
    path("<tel:number>/", line.line, name="my_line"),
    path("<tel:number>/order/", orders.order, name="my_order"),
    path("<tel:number>/leave/", leave.leave, name="my_leave"),
    path("<tel:number>/loss/", loss.loss, name="my_loss"),
    path("<tel:number>/plans/", plans.plans, name="my_plans"),
    path("<tel:number>/ways/", views.ways, name="my_ways"),
    path("<tel:number>/renew/", views.renew, name="my_renew"),
    path("<tel:number>/renew/<uuid:quote>/", views.promise, name="my_promise"),
]
