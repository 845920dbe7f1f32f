"""Token ids of a table's texts: worked out once, taken by every step."""

from lingweave.training.tokens.sequences import Sequences, joined, text_id
from lingweave.training.tokens.store import store_folder
from lingweave.training.tokens.tokens import Tokens
from lingweave.training.tokens.ways import Features, moved

__all__ = [
    "Features",
    "Sequences",
    "Tokens",
    "joined",
    "moved",
    "store_folder",
    "text_id",
]
