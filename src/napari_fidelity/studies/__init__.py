"""Floor 4: studies, whose tables stand in the documentation; the catalog is `STUDIES`."""
