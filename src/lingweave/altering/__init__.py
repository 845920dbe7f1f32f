"""Benchmarks with queries as people write them: with typing mistakes, or in another script."""

from lingweave.altering.spec import Altered

__all__ = ["Altered"]
