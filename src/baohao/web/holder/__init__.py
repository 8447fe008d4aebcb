"""The holder's pages: my numbers, and renewing them."""
