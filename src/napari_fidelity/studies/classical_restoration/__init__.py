"""What classical restoration does to real images whose truth is known."""
