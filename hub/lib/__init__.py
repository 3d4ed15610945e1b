"""What every room may use: errors, HTTP, routing, rendering. Knows no models and imports no app."""
