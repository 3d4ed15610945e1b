"""Browser input of the collab room, made into clean values."""
