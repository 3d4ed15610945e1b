"""Management of the storage room."""
