"""Django's record of this room."""

from django.apps import AppConfig


class Customers(AppConfig):
    """What keepers of others' cards take, owe and give receipts for."""

    name = "baohao.web.customers"
    label = "customers"
    default_auto_field = "django.db.models.BigAutoField"
