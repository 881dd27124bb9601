"""Settings, start values and the forward pass of each part of a model."""
