"""Compressors side by side: ratio and rate at each bound."""
