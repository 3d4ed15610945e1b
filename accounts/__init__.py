"""People and organisations: who they are, how they prove it, and the tokens they use."""
