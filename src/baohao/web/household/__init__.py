"""A household: a few people who share some of their cards, and keep others to themselves."""
