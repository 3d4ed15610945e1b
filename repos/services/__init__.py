"""The verbs of the repos room, one file a subject."""
