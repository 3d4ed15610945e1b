"""Questions about traces, assessments, evaluation datasets and scorers."""
