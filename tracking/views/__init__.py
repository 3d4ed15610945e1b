"""The browser's door to tracking: experiments, the runs table, run pages, comparisons."""
