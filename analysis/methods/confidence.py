"""The confidence of intervals and of lower bounds on epsilon, where nobody asks for another."""

CONFIDENCE = 0.95
"""Share of repetitions in which an interval is to hold the truth, and a lower bound to lie below it."""
