"""Letting a number go: what to move away from it first, and the wish itself."""
