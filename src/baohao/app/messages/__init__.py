"""Messages: what holders are told, when, by which way, and the evidence of it."""
