"""The business hall: find a line, renew it, give a receipt; by the keyboard alone."""
