"""The commands, one module per topic. Each parses its options, calls the library and prints the result."""
