"""What a night is told to do: one TOML file, presets, checked whole before anything starts."""
