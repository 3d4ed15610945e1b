"""The part of /api/v1 that searches."""
