"""Models by name: small ones, those of the FedSZ paper, and a user's own."""
