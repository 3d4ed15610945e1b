"""The pages of traces, evaluation datasets, evaluations and scorers."""
