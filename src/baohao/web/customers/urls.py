"""Addresses of customers."""

from django.urls import path

from baohao.web.customers import cards, doing, leaving, receipts, status, views

urlpatterns = [
    path("my/customers/", views.listed, name="customers"),
    path("my/customers/table.csv", views.table, name="customers_table"),
    path("my/customers/new/", views.new, name="customer_new"),
    path("my/customers/me/", views.me, name="customers_me"),
    path("my/customers/morning/", doing.morning, name="customers_morning"),
    path("my/customers/months/", receipts.months, name="customers_months"),
    path("my/customers/months/<str:month>/", receipts.month, name="customers_month"),
    path("my/customers/months/<str:month>.csv", receipts.month_table, name="customers_month_table"),
    path("my/customers/deeds/<uuid:deed>/", doing.settle, name="customer_deed"),
    path("my/customers/receipts/<uuid:receipt>/", receipts.receipt, name="customer_receipt"),
    path("my/customers/receipts/<uuid:receipt>/void/", receipts.void, name="customer_void"),
    path("my/customers/<uuid:customer>/", views.one, name="customer"),
    path("my/customers/<uuid:customer>/edit/", views.edit, name="customer_edit"),
    path("my/customers/<uuid:customer>/add/", cards.add, name="customer_add"),
    path("my/customers/<uuid:customer>/take/", cards.take, name="customer_take"),
    path("my/customers/<uuid:customer>/<card:card>/fee/", cards.card_fee, name="customer_fee"),
    path("my/customers/<uuid:customer>/<card:card>/did/", doing.did, name="customer_did"),
    path("my/customers/<uuid:customer>/message/", doing.message, name="customer_message"),
    path(
        "my/customers/<uuid:customer>/<card:card>/message/",
        doing.message,
        name="customer_card_message",
    ),
    path("my/customers/<uuid:customer>/link/", status.link, name="customer_link"),
    path("my/customers/<uuid:customer>/leave/", leaving.leave, name="customer_leave"),
    path("my/take-over/<str:token>/", leaving.take_over, name="take_over"),
    path("card-status/<str:token>/", status.status, name="card_status"),
]
