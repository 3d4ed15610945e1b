"""Git over HTTP: `/<owner>/<repo>.git/`, for stock git clients. Read routes.py first."""
