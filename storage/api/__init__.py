"""The door /api/v1 to the content of repositories: files of Git, data of DVC and LFS, and buckets."""
