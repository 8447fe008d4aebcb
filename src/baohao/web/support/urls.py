"""Addresses of messages."""

from django.urls import path

from baohao.web.support import answering, views

urlpatterns = [
    path("my/messages/", views.listed, name="messages"),
    path("my/messages/<uuid:talk>/", views.one, name="talk"),
    path("support/", answering.listed, name="talks"),
    path("support/<uuid:talk>/", answering.one, name="answer"),
]
