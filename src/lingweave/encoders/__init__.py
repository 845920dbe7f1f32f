"""What turns texts into scores: models, endpoints, vectors in files, BM25, TF-IDF, random ones."""

from lingweave.encoders.scores import Encoder, Scores, dense_scores, encoder_scores

__all__ = ["Encoder", "Scores", "dense_scores", "encoder_scores"]
