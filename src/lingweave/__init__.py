"""Search that works the same whatever language the question and the answer are in."""

__version__ = "0.1.0"
