"""The room of the model registry: registered models, their versions, and prompts."""
