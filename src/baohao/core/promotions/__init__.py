"""Promotions: rules that give something more, read from documents and applied to what is bought."""
