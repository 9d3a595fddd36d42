"""Training: each method runs in its own process on a run folder."""
