"""An audit: a question, the trials that are played for it, what they measure, and the verdict."""
