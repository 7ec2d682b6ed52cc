"""The terminal front end: proving sessions, the sorry board, nights. A client of `fd-server`."""
