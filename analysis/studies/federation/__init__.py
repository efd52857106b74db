"""Rounds of a federation under releases, and the links over which compression pays."""
