"""Floor 6: joins the floors below into the program."""
