"""One household's own installation: which pages it has, and its first three questions."""
