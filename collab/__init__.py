"""The room where a team talks and decides: issues, pull requests, discussions, reviews and notifications."""
