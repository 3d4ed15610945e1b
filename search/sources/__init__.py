"""What goes into the index, source by source: each reads the rows that changed since it last looked."""
