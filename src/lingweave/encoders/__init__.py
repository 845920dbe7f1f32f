"""What turns texts into scores: a model, character TF-IDF, random vectors, or vectors in a file."""

from lingweave.encoders.scores import Encoder, Scores, dense_scores, encoder_scores

__all__ = ["Encoder", "Scores", "dense_scores", "encoder_scores"]
