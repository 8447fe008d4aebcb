"""PostgreSQL: SQL in, values out."""
