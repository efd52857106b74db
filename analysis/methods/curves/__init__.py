"""What the errors would be worth as noise, and what neighbouring updates give away instead."""
