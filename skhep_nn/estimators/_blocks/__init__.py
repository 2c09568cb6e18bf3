"""Classifiers whose networks are built from blocks: features, sequences, tokens."""
