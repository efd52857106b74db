"""A run of any command: its folder, its progress, its workers, and how its tables and pages are made."""
