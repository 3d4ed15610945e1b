"""Tests of the collab room."""
