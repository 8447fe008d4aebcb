"""The twins of what is outside: they speak the real protocol on this machine, and need no keys."""
