"""One module per surface: each turns a request into an answer, and knows no other surface."""
