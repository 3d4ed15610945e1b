"""Verbs of collaboration: the only code that writes its tables."""
