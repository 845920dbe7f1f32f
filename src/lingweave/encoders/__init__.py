"""What turns texts into scores: models, endpoints, vectors in files, BM25, TF-IDF, random vectors."""

from lingweave.encoders.scores import Encoder, Scores, dense_scores, encoder_scores

__all__ = ["Encoder", "Scores", "dense_scores", "encoder_scores"]
