"""Whole studies, a question in and a report out: audit, scores, account, noise, bench, federation."""
