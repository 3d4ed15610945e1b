"""Other people's bytes in, safe HTML out: no models, no requests, no settings."""
