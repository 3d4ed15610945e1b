"""The questions that code pages ask, one file a subject; answered from git, kept in the cache where that is slow."""
