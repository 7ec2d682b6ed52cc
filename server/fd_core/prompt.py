"""Prompt formats as versioned data; the same `render` serves the editor and trains the policy."""
