"""How a client trains: plain descent, DP-SGD, per-example gradients, and what a guarantee amounts to."""
