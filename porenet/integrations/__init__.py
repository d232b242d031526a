"""Adapters for training frameworks. Each module imports its framework, and is imported by its own name."""
