"""The verbs of tracking: the only code that writes its tables. Hot paths use set-based SQL (see tracking.sql)."""
