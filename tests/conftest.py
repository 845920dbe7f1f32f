"""Makes the helpers of this folder importable from every test: ``from data import shared_data``."""
