"""What an operator's people see of all its lines together, and what they prove by it."""
