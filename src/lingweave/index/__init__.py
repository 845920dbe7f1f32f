"""An index: documents in, passages found, in every language."""
