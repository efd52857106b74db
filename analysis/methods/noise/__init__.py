"""Errors of a release: sketches of them, laws fitted to them, and how far the data decides them."""
