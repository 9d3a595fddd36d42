"""The steps of a degradation, one a file; the catalog lists them."""
