"""Many asks at once: rows of files and bodies, and files that are worked through in parts."""
