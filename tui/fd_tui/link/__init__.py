"""The conversation with `fd-server`: the only place of fd_tui that knows LSP."""
