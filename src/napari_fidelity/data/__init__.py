"""Training data and the channels in which a network sees a mask."""
