"""Stripe: the gateway, how it writes amounts, what it answers and tells, its bills."""
