"""The row behind every background task, so that a lost broker or worker loses nothing."""
