"""Hostile frames: made from good ones, with every length and checksum right again, and decoded in a process apart."""
