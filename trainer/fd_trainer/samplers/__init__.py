"""Who speaks with the weights: a vLLM over HTTP, or the model in this process; and proof that they do."""
