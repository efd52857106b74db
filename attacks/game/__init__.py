"""The membership game: candidates, trials, and what an adversary sees of them."""
