"""The agent's portal: its customers, files of renewals, cards, money and people."""
