"""Pages for everybody: what a number-keeping card is, renewing as a guest, checking a receipt."""
