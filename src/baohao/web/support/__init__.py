"""Messages to the operator, and its answers."""
