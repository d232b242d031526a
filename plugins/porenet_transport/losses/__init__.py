"""One loss a file, named as in the field."""
