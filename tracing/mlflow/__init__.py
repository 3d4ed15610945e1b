"""The tracing room's part of the MLflow door: its rows, structs and handlers."""
