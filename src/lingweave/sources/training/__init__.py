"""Readers of training data, one file a format, each into the same cells."""

from lingweave.sources.training.reading import (
    Format,
    TrainingData,
    training_data,
    training_table,
)

__all__ = ["Format", "TrainingData", "training_data", "training_table"]
