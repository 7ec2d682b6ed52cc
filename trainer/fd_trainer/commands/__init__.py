"""One module per command of `fd-trainer`; each is loaded only when it is run."""
