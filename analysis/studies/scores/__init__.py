"""Anybody's attack scores: ROC statistics with intervals, and the lower bounds on epsilon that their design allows."""
