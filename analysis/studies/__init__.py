"""Whole studies, a question in and a report out: audit, seeds, recorded, scores, account, noise, bench, federation."""
