"""Twins of what lies outside: they speak the real protocols on this machine, and need no keys."""
