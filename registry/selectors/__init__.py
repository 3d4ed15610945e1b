"""Questions of the registry: rows as they are shown, with tags, aliases and latest versions."""
