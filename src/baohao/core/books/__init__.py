"""The books: accounts, balanced entries, and what each act of the product posts."""
