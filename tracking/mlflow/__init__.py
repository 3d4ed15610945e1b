"""The MLflow door: what the unmodified `mlflow` client calls below `/<owner>/<repo>.mlflow`. Read routes.py first."""
