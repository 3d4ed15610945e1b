"""Pages in a real browser: accessibility, content policy, widths, themes, with and without JavaScript."""
