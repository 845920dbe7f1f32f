"""Hard negatives from a table itself, with any encoder: `lingweave mine`.

The miner of sentence-transformers does not serve: it knows texts and not records, so translations,
questions of one paragraph and questions with several answers count as negatives, it has one corpus
without languages, takes its own models only, and gives texts that belong to one language.
"""

from lingweave.mining.config import MineConfig

__all__ = ["MineConfig"]
