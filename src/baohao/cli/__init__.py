"""The `baohao` command."""
