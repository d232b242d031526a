"""One metric a file, named as in the field."""
