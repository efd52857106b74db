"""One question to several audits, each with a seed of its own, and what they say together."""
