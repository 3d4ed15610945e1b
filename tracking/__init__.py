"""Experiment tracking: experiments, runs, metrics, parameters, tags, inputs and logged models, and their MLflow door."""
