"""Canaries: records and gradients that are made to leak."""
