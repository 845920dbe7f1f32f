"""Encoders whose vocabulary gets pieces for scripts that it lacks."""
