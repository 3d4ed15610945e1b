"""Template tags of the repos room."""
