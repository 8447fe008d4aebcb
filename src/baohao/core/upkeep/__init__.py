"""Upkeep: the cheapest way to keep a line until a day."""
