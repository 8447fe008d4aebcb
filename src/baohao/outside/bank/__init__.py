"""Our own bank accounts: their contract file, their statements, the gateway of transfers."""
