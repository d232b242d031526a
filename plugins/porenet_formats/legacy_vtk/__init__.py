"""Legacy VTK."""
