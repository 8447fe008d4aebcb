"""The pages that FastAPI has, one file a noun."""

from baohao.api.pages import (
    activations,
    facts,
    keys,
    library,
    lines,
    me,
    quotes,
    receipts,
    reversals,
    top_ups,
)

PAGES = (
    lines.router,
    quotes.router,
    top_ups.router,
    activations.router,
    reversals.router,
    receipts.router,
    library.router,
    facts.router,
    keys.router,
    me.router,
)
