"""The verbs of the registry room, one file a subject."""
