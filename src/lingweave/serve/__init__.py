"""The HTTP API of an index, and its page."""
