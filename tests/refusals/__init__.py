"""Inputs that every command refuses in one line: the files they lie in, and the table of commands and lines."""
