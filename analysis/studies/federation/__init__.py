"""Rounds of a federation under defences, and the links over which compression pays."""
