"""Ready-made rows, built through the services that users reach."""
