"""Git LFS: `/<owner>/<repo>.git/info/lfs/`, for stock git-lfs clients. Read routes.py first."""
