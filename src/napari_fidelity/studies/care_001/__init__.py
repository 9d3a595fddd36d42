"""Paper 001: CARE trained on semi-synthetic pairs, and applied twice."""
