"""Phrases that a reader stumbles over, and what to write instead (the list of STYLE: one reading is enough)."""

import re

COUNTED = r"(?:\d[\d.,]*(?: to \d[\d.,]*)?|one|two|three)"
UNITS = (
    r"(?:bytes?|bits?|ns|us|ms|s|MB|GB|h|lines?|values?|numbers?|seconds?|minutes?|rows?|core|process|box(?:es)?|fields?"
    r"|calls?|draws?|kernels?)"
)
EACH = (
    r"(?:voxel|sample|volume|step|phase|structure|line|axis|layer|run|row|file|batch|term|seed|epoch|site|face|process"
    r"|component|core|side|image|slice|pixel|call|point|pair|metric|loss|page|kind|descriptor|quantity|window)"
)
BANNED = {
    r"(?<![Tt]here )\b(?:is|are|was|were) no\b(?! (?:longer|more|better|worse)\b)": "is not a ..., or name what it is",
    r"\bone a\b": "one per",
    rf"\b(?:{COUNTED} {UNITS}|ns|bytes) an? {EACH}\b": "per, for the distributive a",
    r"\btold\b": "says, knows, is given, kept apart, described",
    r"\bbears?\b": "has, holds",
    r"\bthat many\b": "this number of",
    r"\bof anybody(?:'s)?\b": "any",
    r"\b(?:the dearer|it is none|what is none|asked for as)\b": "name the thing",
}
"""Pattern -> what to write instead."""


def stumbles(text: str) -> list[str]:
    """Each banned phrase of a text with what stands around it, and the advice."""
    plain = re.sub(r"\s+", " ", text)
    return [
        f"...{plain[max(0, hit.start() - 40) : hit.end() + 30]}... ({hit[0]!r}: {advice})"
        for pattern, advice in BANNED.items()
        for hit in re.finditer(pattern, plain)
    ]
