"""Adapters on disk: publish, promote, roll back, atomically."""
