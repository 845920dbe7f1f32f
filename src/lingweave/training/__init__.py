"""Training on top of sentence-transformers: the plan decides the batches, the trainer follows.

Importing this package is light; ``lingweave.training.run`` brings torch.
"""

from lingweave.training.config import TrainConfig

__all__ = ["TrainConfig"]
