"""What studies conclude in words: every clause follows from the figures that it quotes, by a rule that is tested."""
