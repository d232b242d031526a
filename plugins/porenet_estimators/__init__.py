"""Densities of surfaces and of triple lines, on labels and on fields of probabilities: a library of porenet's plugins.

It has no entry point and no component. Plugins share it because the surface density of a phase is the sum of its
pairwise interface densities, exactly, only as long as one piece of code gives both.
"""
