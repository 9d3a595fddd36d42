"""Floor 5: what napari opens, saves and offers as samples; layer-data tuples, no napari."""
