"""Where things lie: the checkout that is tested, and the volume that it carries."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
ELECTRODE = EXAMPLES / "data" / "sofc_superres_62.npz"
"""A real electrode of three phases, in every checkout."""
