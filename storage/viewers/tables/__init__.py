"""Tables: pages of rows, statistics of columns and read-only SQL over CSV, JSONL, Parquet and Arrow files."""
