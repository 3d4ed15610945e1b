"""The questions of tracking: read-only, never touching metric history unless a series is asked for."""
