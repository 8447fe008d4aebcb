"""The pages that FastAPI has, one file a noun."""

from baohao.api.pages import lines, quotes

PAGES = (lines.router, quotes.router)
