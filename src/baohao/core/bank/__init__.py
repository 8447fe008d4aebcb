"""Bank transfers: references that payers write, rows of statements, and what fits what."""
