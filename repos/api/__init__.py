"""The door /api/v1 to repositories, their branches, tags and commits."""
