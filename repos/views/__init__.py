"""The browser door: pages of a repository's code and settings."""
