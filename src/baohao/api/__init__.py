"""The door for machines: JSON over HTTP, gathered into batches. The only room that is async."""
