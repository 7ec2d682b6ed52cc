"""A proving session's model: undo tree, journal, replay, export, writing. No screen, no server."""
