"""Every route × the cast: who is let in, and how the others are refused."""
