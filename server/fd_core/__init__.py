"""What the server, the trainer and the terminal share: values, ports, and the adapters behind them."""
