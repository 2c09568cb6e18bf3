"""Classifiers that are several fits of one classifier: cross-fits and ensembles."""
