"""Addresses of bringing cards, taking them along, and having them forgotten."""

from django.urls import path

from baohao.web.bringing import leaving, views

urlpatterns = [
    path("import/", views.send, name="cards_import"),
    path("import/example.csv", views.example, name="cards_example"),
    path("import/<uuid:file>/", views.look, name="cards_file"),
    path("import/<uuid:file>/on/", views.go_on, name="cards_file_on"),
    path("import/<uuid:file>/left-out.csv", views.left_out, name="cards_file_left_out"),
    path("export.json", leaving.whole, name="cards_export_json"),
    path("export.csv", leaving.sheet, name="cards_export_csv"),
    path("erase/", leaving.erase, name="cards_erase"),
]
