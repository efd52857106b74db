"""Whole studies, a question in and a report out: audit, noise, bench, federation."""
