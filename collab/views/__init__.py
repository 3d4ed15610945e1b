"""Pages of issues, pull requests, discussions and the inbox."""
