"""The words of a legacy VTK file, read one by one so that binary numbers may follow any of them."""

from __future__ import annotations

from typing import BinaryIO

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED

_BLANKS = b" \t\r\v\f"
_LONGEST = 4096
_PIECE = 1 << 16
_SHORT = 256
_MOST = 10**18


class Words:
    """Words, lines and numbers of a file, from where it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def tell(self) -> int:
        """Place in the file, behind the last word."""
        return self._file.tell()

    def line(self) -> bytes:
        """The rest of the line, with its end; empty at the end of the file."""
        line = self._file.readline(_LONGEST)
        if len(line) == _LONGEST:
            raise InputError("a line of its header has no end", fix=DAMAGED)
        return line

    def end_of_line(self) -> None:
        """Pass over the end of the line, behind which binary numbers begin.

        Raises:
            InputError: the line goes on.
        """
        rest = self.line()
        if rest.strip():
            raise InputError(f"a line end was expected before its numbers, not {_text(rest)[:40]!r}", fix=DAMAGED)

    def next_or_end(self) -> str | None:
        """The next word; None at the end of the file."""
        word = self._word()
        if len(word) == _LONGEST:
            raise InputError("a word of its header has no end", fix=DAMAGED)
        return _text(word) if word else None

    def next(self) -> str:
        """The next word."""
        word = self.next_or_end()
        if word is None:
            raise InputError("ends inside its header", fix=DAMAGED)
        return word

    def peek(self, ahead: int = 0) -> str:
        """The next word, or the one so many ahead of it; where the file is read stays. Empty at the end of the file."""
        place = self.tell()
        for _ in range(ahead):
            self._word()
        word = self._word()
        self._file.seek(place)
        return _text(word)

    def peek_on_line(self) -> str:
        """The next word of this line, which stays the next one; empty at the end of the line."""
        place = self.tell()
        rest = self._file.read(_LONGEST).lstrip(_BLANKS)
        self._file.seek(place)
        return "" if rest.startswith(b"\n") else self.peek()

    def whole(self) -> int:
        """The next word as a whole number."""
        return self.integer(least=0)

    def integer(self, *, least: int = -_MOST) -> int:
        """The next word as an integer, not below a least one."""
        word = self.next()
        if not (word.isascii() and word.removeprefix("-").isdigit() and len(word) < 19) or int(word) < least:
            raise InputError(f"a whole number was expected, not {word[:40]!r}", fix=DAMAGED)
        return int(word)

    def number(self) -> float:
        """The next word as a number."""
        word = self.next()
        try:
            return float(word.replace("_", "?"))  # float() alone would read 1_0 as ten
        except ValueError as error:
            raise InputError(f"a number was expected, not {word[:40]!r}", fix=DAMAGED) from error

    def skip_bytes(self, count: int) -> None:
        """Pass over binary numbers; if there are fewer, the file ends here."""
        self._file.seek(count, 1)

    def skip_words(self, count: int) -> None:
        """Pass over words; if there are fewer, the file ends here."""
        while count > 0:
            start = self.tell()
            text = self._file.read(_PIECE)
            words = text.split()
            if not text:
                return  # reading the array says where it ends
            if words and not text[-1:].isspace() and len(text) == _PIECE:
                cut = len(words.pop())
                if not words:
                    raise InputError("one of its numbers has no end", fix=DAMAGED)
                self._file.seek(-cut, 1)
            if len(words) > count:  # go back to just behind the last one
                place = 0
                for word in words[:count]:
                    place = text.index(word, place) + len(word)
                self._file.seek(start + place)
            count -= len(words)

    def skip_strings(self, count: int, *, binary: bool) -> None:
        """Pass over strings: a line of text each, or a binary length and as many bytes."""
        if not binary:
            self.end_of_line()
        for _ in range(count):
            first = self._file.read(1) if binary else self._file.readline()
            if not first:
                raise InputError("ends inside an array of strings", fix=DAMAGED)
            if binary:
                # the two highest bits state how many more bytes the length has
                more = (7, 3, 1, 0)[first[0] >> 6]
                low = int.from_bytes(bytes([first[0] & 63]) + self._file.read(more), "big")
                self._file.seek(low, 1)

    def _word(self) -> bytes:
        rest = b""
        while not rest:
            piece = self._file.read(_SHORT)
            if not piece:
                return b""
            rest = piece.lstrip()
        self._file.seek(-len(rest), 1)
        piece = self._file.read(_LONGEST)
        word = piece.split(None, 1)[0]
        self._file.seek(len(word) - len(piece), 1)
        return word


def _text(word: bytes) -> str:
    try:
        return word.decode("utf-8")
    except UnicodeDecodeError:
        return word.decode("latin-1")
