"""A living example of the hub: an organisation whose repository has history, runs, a notebook and a data file."""
