"""The door /api/v1 to accounts and their owners."""
