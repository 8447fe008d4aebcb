"""Customers: people who keep cards of other operators' for others, for a fee."""
