"""The game over clients: a whole client is in or out by a coin, as its own records or as a canary."""
