"""What changes traces, assessments, evaluation datasets and scorers."""
