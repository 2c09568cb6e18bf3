"""How Keras objects are copied and saved."""
