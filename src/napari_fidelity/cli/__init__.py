"""Floor 5: the operations as commands for a terminal, without a screen."""
