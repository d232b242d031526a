"""The laws of components, one module per kind or subject."""
