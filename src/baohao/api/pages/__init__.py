"""The pages that FastAPI has, one file a noun."""

from baohao.api.pages import (
    activations,
    commissions,
    customers,
    facts,
    float_,
    keys,
    library,
    lines,
    me,
    quotes,
    receipts,
    reversals,
    statements,
    stock,
    top_ups,
)

PAGES = (
    lines.router,
    quotes.router,
    top_ups.router,
    activations.router,
    reversals.router,
    receipts.router,
    float_.router,
    commissions.router,
    statements.router,
    stock.router,
    customers.router,
    library.router,
    facts.router,
    keys.router,
    me.router,
)
