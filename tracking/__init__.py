"""Experiment tracking: experiments, runs, metrics, inputs and logged models, and the MLflow door to them."""
