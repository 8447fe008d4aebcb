"""Receipts: what was paid and what it brought, numbered, printed, proven and looked up."""
