"""The rules: pure, standard library only; no clock, no I/O, no ids made here."""
