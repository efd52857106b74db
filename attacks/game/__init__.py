"""The membership game: candidates, trials, what an adversary sees of them, and the engine that plays and keeps them."""
