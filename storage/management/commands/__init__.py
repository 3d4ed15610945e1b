"""Commands of the storage room."""
