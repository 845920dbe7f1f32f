"""Evaluations and benchmarks in the formats of other tools: TREC, BEIR, MTEB."""
