"""Errors of a release: sketches of them, distributions fitted to them, and how far the data decides them."""
