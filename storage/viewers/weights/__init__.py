"""Files of models: their tensors, shapes, types and metadata, read from headers without loading a weight."""
