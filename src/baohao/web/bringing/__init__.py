"""Bringing cards by a file, taking them along, and having them forgotten."""
