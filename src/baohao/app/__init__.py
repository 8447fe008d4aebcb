"""Use cases, in the caller's transaction."""
