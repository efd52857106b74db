"""Samplers of the discrete Gaussian, a file each."""
