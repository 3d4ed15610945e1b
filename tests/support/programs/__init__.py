"""Programs that a client's own Python runs, as their users would write them; each prints what it saw as JSON."""
