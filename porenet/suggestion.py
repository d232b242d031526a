"""'Did you mean ...?' for names typed by hand."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(typed: str, known: Iterable[str], prefix: str = "") -> str:
    """The end of a sentence that names the closest known words, or an empty string.

    Args:
        typed: what was written.
        known: what would have been right.
        prefix: put before each word that is named.
    """
    import difflib  # costs 4 ms, needed only once something is misspelt

    folded = {word.casefold(): word for word in known}
    close = difflib.get_close_matches(typed.casefold(), folded, n=2, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(prefix + folded[word]) for word in close)}?" if close else ""
