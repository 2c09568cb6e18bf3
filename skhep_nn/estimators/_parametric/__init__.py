"""Classifiers of several hypotheses, of which an event's mass is one."""
