"""Overnight runs as seen from the run folders and the `fd-trainer` command. No screen."""
