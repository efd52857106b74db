"""Models by name: small ones of numbers and of tokens, those of the FedSZ paper, and a user's own."""
