"""The model that learns: its weights in their roles, its head in chunks, its samples, its checkpoints."""
