"""The scikeras adapter: KerasClassifier and networks of the user's."""
