"""Densities of surfaces and of triple lines, plain arrays in and out.

``porenet_statistics`` imports them too: the surface density of a phase is the sum of its pairwise interface densities,
exactly, only as long as one piece of code gives both.
"""
