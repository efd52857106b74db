"""States in files, compressed and restored."""
