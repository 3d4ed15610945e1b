"""Doors that join several rooms: home, explore, search, the pages of owners. No models."""
