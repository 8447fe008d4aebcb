"""Addresses of the agent's portal."""

from django.urls import path

from baohao.web.agent import badge, files, lines, money, selling, staff, stock, walk_in

urlpatterns = [
    path("", lines.home, name="agent"),
    path("customers/", lines.due, name="agent_customers"),
    path("customers.csv", lines.due_export, name="agent_customers_table"),
    path("lines/<tel:number>/", lines.line, name="agent_line"),
    path("lines/<tel:number>/<uuid:quote>/", lines.promise, name="agent_promise"),
    path("walk-in/", walk_in.number, name="agent_walk_in"),
    path("walk-in/<tel:number>/", walk_in.terms, name="agent_walk_in_terms"),
    path("walk-in/<tel:number>/<uuid:quote>/", walk_in.promise, name="agent_walk_in_promise"),
    path("sales/<tel:number>/<uuid:ask>/", selling.done, name="agent_done"),
    path("sales/<tel:number>/<uuid:ask>.pdf", selling.receipt, name="agent_receipt"),
    path("stock/", stock.held, name="agent_stock"),
    path("stock.csv", stock.held_export, name="agent_stock_table"),
    path("stock/<tel:number>/", stock.card, name="agent_card"),
    path("stock/<tel:number>/<uuid:quote>/", stock.promise, name="agent_card_promise"),
    path("files/", files.sent, name="agent_files"),
    path("files/example.csv", files.example, name="agent_files_example"),
    path("files/<uuid:file>/", files.file, name="agent_file"),
    path("files/<uuid:file>/state/", files.state, name="agent_file_state"),
    path("files/<uuid:file>/confirm/", files.confirm, name="agent_file_confirm"),
    path("files/<uuid:file>/again/", files.again, name="agent_file_again"),
    path("files/<uuid:file>/stop/", files.stop, name="agent_file_stop"),
    path("files/<uuid:file>/preview.csv", files.preview, name="agent_file_preview"),
    path("files/<uuid:file>/outcome.csv", files.outcome, name="agent_file_outcome"),
    path("money/", money.float_, name="agent_money"),
    path("money/alarm/", money.alarm, name="agent_alarm"),
    path("money/<str:month>/", money.month, name="agent_month"),
    path("money/<str:month>.<str:format>", money.month_export, name="agent_month_table"),
    path("commissions/", money.commissions, name="agent_commissions"),
    path("badge/", badge.printed, name="agent_badge"),
    path("staff/", staff.people, name="agent_staff"),
    path("staff/<int:person>/", staff.person, name="agent_person"),
    path("staff/<int:person>/away/", staff.away, name="agent_person_away"),
]
