"""Odd and malformed inputs for every public function: a right answer, or an error that names it."""
