"""Layer operations: settings and a function from images to an image, on no screen."""
