"""Filters of translated cells, each with the reason that it gives."""
