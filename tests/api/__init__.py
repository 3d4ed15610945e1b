"""The door /api/v1, asked as programs and browsers ask it."""
