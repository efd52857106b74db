"""Whole studies, a question in and a report out: audit, seeds, noise, bench, federation."""
