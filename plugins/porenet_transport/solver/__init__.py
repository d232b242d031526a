"""Solvers of steady conduction: one volume at a time in compiled loops, a batch at once in torch."""
