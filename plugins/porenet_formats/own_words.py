"""What several formats say of themselves in the same words."""

from __future__ import annotations

OWN = "as porenet writes it"
