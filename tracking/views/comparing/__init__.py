"""Runs side by side: what they logged, their curves, code, environment, images and files, each on a page."""
