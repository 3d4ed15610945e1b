"""The browser's door to the registry: models, their versions, comparisons, prompts."""
