"""``python -m porenet``: the command line."""

from __future__ import annotations

from porenet.cli import main

if __name__ == "__main__":
    main(prog_name="porenet")
