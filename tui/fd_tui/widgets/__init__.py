"""Parts of screens that know how to draw one thing."""
