"""Speed as ratios to established libraries, measured in the same run."""
