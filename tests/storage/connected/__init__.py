"""Tests of connected storage, without a database."""
