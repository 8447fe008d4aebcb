"""Correct: the wrong term was sold; it is undone in full and the right one sold, as one act."""

from __future__ import annotations

from dataclasses import replace

from baohao.core.asks import Decision
from baohao.core.decide import payload
from baohao.core.decide.case import Case, expected
from baohao.core.decide.reverse import take_back
from baohao.core.decide.selling import sell


def correct(case: Case) -> Decision:
    """
    Put a sale right: what was sold by mistake goes back whole, and the right term is sold from the same payer.

    The wrong *number* is put right by `reverse` with `mistake` on the one and `renew` on the other, sent together.
    Fields: `of`, `term`, `paid`, `reason`, `codes`, `total_minor`. Refuses as `reverse` and `renew` do.
    """
    payload.only(case.ask, "of", "term", "paid", "codes", "total_minor")
    expected(case.state, case.ask, required=True)
    back = take_back(case, whole=True)
    corrected = replace(case, line=back.state, due=())
    right = sell(corrected, "renew", payload.span(case.ask, "term"))
    return replace(
        right,
        events=(*back.events, *right.events),
        entries=(*back.entries, *right.entries),
        deferrals=(*back.deferrals, *right.deferrals),
        released=back.released,
        answer={**right.answer, "back": back.answer["back"]},
    )
