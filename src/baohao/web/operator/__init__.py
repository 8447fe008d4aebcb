"""The operator's console: figures, lines, exceptions, staff, the trail, evidence, policies."""
