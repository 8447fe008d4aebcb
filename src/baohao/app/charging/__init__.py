"""What is sold here of operators whose own charging system is master, and what that says."""
