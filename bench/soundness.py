"""The doctor over a database that was imported, renewed and reversed in."""

from __future__ import annotations

from baohao.app import doctor
from baohao.app.door import Answered
from baohao.core.asks import Ask
from baohao.outside.ids import new_id
from bench.figures import Figure
from bench.machine import measured
from bench.models import SELLER, terms_of
from bench.renewals import Renewals
from bench.server import Server

#: Money for every renewal; less than 2 ** 53 minor units may be paid in at once.
FLOAT_MINOR = 10**15


def examined(server: Server, database: str, lines: int, renewals: int) -> Figure:
    """Renew imported lines for real money, take every tenth renewal back, and ask the doctor."""
    conninfo = server.running.conninfo(database)
    found = Renewals(conninfo, terms_of(conninfo), lines)
    found.answered([_fund()])
    done: list[tuple[Ask, Answered]] = []
    while len(done) < renewals:
        done += found.batch(min(1_000, renewals), is_hot=True)
    # A line may have been renewed again: its last renewal is taken back.
    last = list({ask.subject: (ask, answer) for ask, answer in done}.values())
    found.answered([_reversal(ask, answer) for ask, answer in last[::10]])
    looked = wrong = 0

    def examine() -> int:
        nonlocal looked, wrong
        for finding in doctor.examine(found.conn):
            looked += finding.looked
            wrong += finding.wrong if finding.is_invariant else 0
            if finding.is_invariant and finding.wrong:
                print(f"doctor: {finding.name}: {finding.wrong} of {finding.looked} are wrong")
        return max(1, looked)

    told = measured(examine)
    return Figure(
        name=f"doctor: wrong of {looked:,} rows, {lines:,} lines imported, {len(done):,} renewed",
        ours=wrong,
        theirs=None,
        ratio=None,
        goal="at most 0",
        unit="rows",
        load=round(told.load, 2),
    )


def _fund() -> Ask:
    return Ask(
        id=new_id(),
        verb="fund",
        subject=SELLER,
        key="fund",
        principal="bank",
        channel="operator",
        payload={"amount_minor": FLOAT_MINOR},
    )


def _reversal(ask: Ask, answer: Answered) -> Ask:
    return Ask(
        id=new_id(),
        verb="reverse",
        subject=ask.subject,
        key=f"reverse {ask.key}",
        principal=ask.principal,
        channel="counter",
        payload={"of": str(ask.id), "reason": "bench"},
        expect_version=answer.seq,
    )
