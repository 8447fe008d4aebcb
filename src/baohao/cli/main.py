"""
All commands of `baohao`. Exit codes: 0 done, 1 refused, 2 wrong use.

Commands are grouped by noun, one file each; what fails says what to do next.
"""

from __future__ import annotations

import typer

from baohao.cli import (
    agent_stock,
    agents,
    api,
    books,
    bulk,
    buy,
    cards,
    care,
    charging,
    commission,
    day,
    db,
    facts,
    figures,
    home,
    keeping,
    lines,
    matching,
    money,
    orders,
    payments,
    receipt,
    till,
    wallets,
    webhooks,
)
from baohao.cli.bench import PASSED_ON, bench
from baohao.cli.demo import demo
from baohao.cli.importing import import_lines
from baohao.cli.messages import messages
from baohao.cli.play import play
from baohao.cli.policy import check, judge, show
from baohao.cli.serve import serve
from baohao.cli.tour import tour
from baohao.cli.whatif import whatif
from baohao.cli.worker import worker

app = typer.Typer(
    name="baohao",
    help="Keep phone numbers alive: until when each is safe, renewed, proven, told in time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
policy_app = typer.Typer(help="Retention policies.", no_args_is_help=True)
app.add_typer(policy_app, name="policy")
policy_app.command("check")(check)
policy_app.command("judge")(judge)
policy_app.command("show")(show)
policy_app.command("play")(play)
policy_app.command("upkeep")(keeping.of_policy)
lines_app = typer.Typer(
    help="Lines: numbers, their cards, and how long they are safe.", no_args_is_help=True
)
app.add_typer(lines_app, name="lines")
lines_app.command("import")(import_lines)
lines_app.command("show")(lines.show)
lines_app.command("export")(lines.export)
app.add_typer(cards.app, name="cards")
app.add_typer(books.app, name="books")
books.app.command("revenue")(figures.revenue)
books.app.command("deferred")(figures.deferred)
books.app.command("floats")(figures.floats)
app.add_typer(till.app, name="till")
app.add_typer(day.points_app, name="points")
app.add_typer(day.app, name="day")
app.add_typer(agents.app, name="agents")
app.add_typer(api.keys_app, name="keys")
app.command("api")(api.api)
agents.app.command("statement")(commission.statement)
agents.app.command("pay")(commission.pay)
app.add_typer(charging.app, name="charging")
agents.app.command("allot")(agent_stock.allot)
agents.app.command("take-back")(agent_stock.take_back)
agents.app.command("stock")(agent_stock.list_stock)
agents.app.command("float")(agent_stock.float_)
agents.app.command("due")(agent_stock.due)
app.add_typer(receipt.app, name="receipt")
app.add_typer(bulk.app, name="bulk")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(payments.app, name="payments")
app.add_typer(orders.app, name="order")
payments.app.command("match")(matching.match)
payments.app.command("matches")(matching.matches)
payments.app.command("roll")(matching.roll)
payments.app.command("handed-over")(matching.handed_over)
payments.app.command("deposit")(wallets.deposit)
app.add_typer(wallets.app, name="wallets")
app.add_typer(payments.exceptions_app, name="exceptions")
app.add_typer(care.audit_app, name="audit")
app.add_typer(db.app, name="db")
app.command("quote")(buy.quote)
app.command("renew")(buy.renew)
app.command("top-up")(buy.top_up)
app.command("activate")(buy.activate)
app.command("reverse")(buy.reverse)
app.command("record")(facts.record)
app.command("observe")(facts.observe)
app.command("ask")(facts.ask)
app.command("fund")(money.fund)
app.command("withdraw")(money.withdraw)
app.command("doctor")(care.doctor)
app.command("daily")(care.daily)
app.command("worker")(worker)
app.command("reminders")(care.reminders)
app.command("messages")(messages)
app.command("upkeep")(keeping.upkeep)
app.command("whatif")(whatif)
app.add_typer(home.app, name="home")
app.command("demo")(demo)
app.command("tour")(tour)
app.command("serve")(serve)
app.command("bench", context_settings=PASSED_ON)(bench)
