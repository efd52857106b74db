"""Releases that are built in, a file each."""
