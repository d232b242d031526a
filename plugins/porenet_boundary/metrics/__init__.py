"""One metric per file, named as in the field."""
