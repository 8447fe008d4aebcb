"""Addresses of what is shared."""

from django.urls import path

from baohao.web.sharing import counter, paying, views

urlpatterns = [
    path("my/sharing/", views.listed, name="sharing"),
    path("my/sharing/give/", views.give, name="sharing_give"),
    path("my/sharing/ask/", views.ask, name="sharing_ask"),
    path("my/sharing/<uuid:consent>/code/", views.code, name="sharing_code"),
    path("my/sharing/<uuid:consent>/answer/", views.answer, name="sharing_answer"),
    path("my/sharing/<uuid:consent>/end/", views.end, name="sharing_end"),
    path("my/for/<tel:number>/", paying.line, name="shared"),
    path("my/for/<tel:number>/<uuid:quote>/", paying.promise, name="shared_promise"),
    path("counter/<tel:number>/agree/", counter.agree, name="counter_agree"),
]
