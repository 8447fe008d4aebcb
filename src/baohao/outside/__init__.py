"""Adapters: one file for each thing we call."""
