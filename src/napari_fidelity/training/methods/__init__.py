"""Training methods: for each its settings (no PyTorch needed) and, beside them, its steps."""
