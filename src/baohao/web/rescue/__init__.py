"""Somebody paid for the wrong number, and says so within a day."""
