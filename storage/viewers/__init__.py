"""Viewers: what a file of any size shows on a page, from bounded reads; an engine that knows no models.

`kinds.pick` tells the kind, `drawing.draw_view` makes the frozen dataclass that a template draws. Nothing here writes,
and nothing that a file says is run or loaded. This module imports nothing: confined children come through it.
"""
