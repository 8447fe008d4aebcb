"""People I pay for, and people who may see or pay for mine: grants of a holder, on one tenure."""
