"""The one-shot commands of `fd-server`, one module each; nothing here is loaded before it is asked for."""
