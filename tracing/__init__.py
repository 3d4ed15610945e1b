"""Traces of programs with their spans and assessments, evaluation datasets and scorers."""
