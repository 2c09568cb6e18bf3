"""A fit: settings, events, network, training; and what a fitted network is."""
