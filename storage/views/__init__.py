"""What pages of several rooms show of stored files."""
