"""Calibration of a fitted classifier, and what a calibrated probability is good for."""
