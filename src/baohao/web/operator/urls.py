"""Addresses of the console."""

from django.urls import path

from baohao.web.operator import auditing, drafts, exceptions, lines, policies, sales, staff, views

urlpatterns = [
    path("", views.dashboard, name="console"),
    path("figures/", views.refresh, name="console_refresh"),
    path("find/", lines.find, name="console_find"),
    path("lines/", lines.listed, name="console_lines"),
    path("lines.csv", lines.export, name="console_lines_export"),
    path("lines/<tel:number>/", lines.line, name="console_line"),
    path("lines/<tel:number>/hold/", lines.hold, name="console_hold"),
    path("lines/<tel:number>/adjust/", lines.adjust, name="console_adjust"),
    path("lines/<tel:number>/verify/", lines.verify, name="console_verify"),
    path("lines/<tel:number>/receipts/<uuid:ask>.pdf", lines.receipt, name="console_receipt"),
    path("sales/", sales.listed, name="console_sales"),
    path("sales.csv", sales.export, name="console_sales_export"),
    path("exceptions/", exceptions.listed, name="console_exceptions"),
    path("exceptions.csv", exceptions.export, name="console_exceptions_export"),
    path("exceptions/<uuid:exception>/", exceptions.one, name="console_exception"),
    path("exceptions/<uuid:exception>/take/", exceptions.take, name="console_exception_take"),
    path("exceptions/<uuid:exception>/close/", exceptions.close, name="console_exception_close"),
    path("exceptions/<uuid:exception>/refund/", exceptions.refund, name="console_exception_refund"),
    path("policies/", policies.listed, name="console_policies"),
    path("policies/<str:name>/<str:version>/", policies.one, name="console_policy"),
    path("policies/<str:name>/<str:version>.svg", policies.drawing, name="console_drawing"),
    path("drafts/promotion/", drafts.promotion, name="console_promotion_new"),
    path("drafts/text/<str:name>/", drafts.text, name="console_text_new"),
    path("drafts/<uuid:draft>/", drafts.one, name="console_draft"),
    path("drafts/<uuid:draft>/promotion/", drafts.promotion, name="console_promotion"),
    path("drafts/<uuid:draft>/text/", drafts.rewrite, name="console_text"),
    path("drafts/<uuid:draft>.svg", drafts.drawing, name="console_draft_drawing"),
    path("staff/", staff.listed, name="console_staff"),
    path("staff/<int:account>/", staff.one, name="console_staff_one"),
    path("numbering/", auditing.numbering, name="console_numbering"),
    path("numbering.csv", auditing.numbering_export, name="console_numbering_export"),
    path("trail/", auditing.trail, name="console_trail"),
    path("trail.csv", auditing.export, name="console_trail_export"),
    path("audit/", auditing.drawn, name="console_audit"),
    path("audit/all.zip", auditing.packs, name="console_evidence_all"),
    path("audit/<tel:number>/<uuid:ask>.zip", auditing.pack, name="console_evidence"),
]
