"""Speed on this machine, ours beside another way to get the same; knows no screen."""
