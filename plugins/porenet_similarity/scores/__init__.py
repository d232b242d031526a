"""One score a file, named as in the field."""
