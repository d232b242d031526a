"""Amira and Avizo meshes."""
