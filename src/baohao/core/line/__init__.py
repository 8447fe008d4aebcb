"""A line's life under a policy: acts in, standing out."""
