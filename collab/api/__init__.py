"""The part of /api/v1 about issues, pull requests, discussions and notifications."""
