"""A conditional WGAN-GP whose generator loss is an objective from a TOML file; README.md says how to run it."""
