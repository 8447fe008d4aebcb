"""What agents and partners are told: the feed of events, and endpoints over it."""
