"""Floor 5: thin docks. State changes only through operations; layers become images in one place."""
