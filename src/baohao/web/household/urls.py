"""Addresses of the household."""

from django.urls import path

from baohao.web.household import joining, views

urlpatterns = [
    path("my/household/", views.household, name="household"),
    path("my/household/invite/", views.invite, name="household_invite"),
    path("my/household/look-after/", views.look_after, name="household_look_after"),
    path("my/household/leave/", views.leave, name="household_leave"),
    path("my/household/invitations/<int:person>/", views.withdraw, name="household_withdraw"),
    path("my/household/<int:person>/", views.person, name="household_person"),
    path("my/household/<int:person>/link/", views.link, name="household_link"),
    path("my/household/<int:person>/remove/", views.remove, name="household_remove"),
    path("my/household/<int:person>/own/", views.own, name="household_own"),
    path("join/<str:token>/", joining.join, name="join"),
]
