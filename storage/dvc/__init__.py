"""The DVC remote over HTTP: `/<owner>/<repo>.dvc/`, for stock dvc clients. Read routes.py first."""
