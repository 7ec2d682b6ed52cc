"""The LSP server beside Lean's own: composes `fd_core`, and alone knows LSP."""
