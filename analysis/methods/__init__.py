"""Arrays in, values out: noise, curves, leakage and lower bounds. No files and no progress bars."""
