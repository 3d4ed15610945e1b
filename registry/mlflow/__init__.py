"""The registry's part of the MLflow door: its rows, structs and handlers."""
