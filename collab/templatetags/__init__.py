"""Template tags of the collab room."""
