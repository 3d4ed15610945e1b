"""Git itself, without models: processes for the wire and for history, dulwich for trees, blobs and web commits."""
