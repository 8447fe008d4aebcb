"""Addresses of the library's pages."""

from django.urls import path

from baohao.web.products import views

urlpatterns = [
    path("", views.listed, name="products"),
    path("<str:name>/", views.one, name="product"),
    path("<str:name>/year/", views.year, name="product_year"),
]
