"""Decisions: samples of tables in, labels with their grounds in words out, by the statistics of `evidence`."""
