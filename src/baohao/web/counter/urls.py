"""Addresses of the counter."""

from django.urls import path

from baohao.web.counter import (
    acts,
    authority,
    drawers,
    enquiries,
    loss,
    paper,
    sales,
    second,
    sell,
    slips,
    till,
    views,
    waiting,
)

urlpatterns = [
    path("", views.find, name="counter"),
    path("document/", views.by_document, name="counter_document"),
    path("enquiries/", enquiries.note, name="counter_enquiry"),
    path("second/", second.second, name="counter_second"),
    path("authorities/", authority.authorities, name="counter_authorities"),
    path("authorities/<uuid:paper>/", authority.authority, name="counter_authority"),
    path("till/", till.till, name="till"),
    path("till/cards/", slips.slips, name="counter_slips"),
    path("paper/", paper.paper, name="counter_paper"),
    path("paper/<int:first>/", paper.pad, name="counter_pad"),
    path("cards/", drawers.drawer_of_cards, name="counter_cards"),
    path("waiting/", waiting.waiting, name="counter_waiting"),
    path("<tel:number>/", views.line, name="counter_line"),
    path("<tel:number>/activate/", acts.activate, name="counter_activate"),
    path("<tel:number>/replace/", acts.replace, name="counter_replace"),
    path("<tel:number>/loss/", loss.loss, name="counter_loss"),
    path("<tel:number>/transfer/", acts.transfer, name="counter_transfer"),
    path("<tel:number>/sales/", sales.sales, name="counter_sales"),
    path("<tel:number>/sold/<uuid:ask>/", sell.sold, name="counter_sold"),
    path("<tel:number>/<uuid:quote>/", sell.promise, name="counter_promise"),
    path("<tel:number>/<uuid:quote>/pay/", sell.pay, name="counter_pay"),
    path("<tel:number>/<uuid:quote>/pay/state/", sell.pay_state, name="counter_pay_state"),
    path("receipts/<tel:number>/<uuid:ask>.pdf", sell.receipt, name="counter_receipt"),
]
