"""Stored bytes of repositories: blobs by digest, and the objects that name them."""
