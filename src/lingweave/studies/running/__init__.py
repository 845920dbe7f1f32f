"""Runs and measures: by what they are known, and how they are done."""
