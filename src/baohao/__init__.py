"""baohao keeps phone numbers alive."""
