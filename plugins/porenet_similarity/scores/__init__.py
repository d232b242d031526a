"""One score per file, named as in the field."""
