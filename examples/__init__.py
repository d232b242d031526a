"""Examples: scripts to run as they are, and `wgan_gp`, a package whose modules run from the repository root."""
