"""Questions about issues, pull requests, discussions and what people are told."""
