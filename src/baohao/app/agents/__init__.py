"""Agents: who they are, what they hold, what they sold and what they are owed."""
