"""Programs whose arrays lie between two pages that can be neither read nor written: touching one is a crash."""

import subprocess
import sys

PROLOGUE = """
import ctypes, mmap
import numpy as np

PAGE, ROOM = mmap.PAGESIZE, 64 * mmap.PAGESIZE
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
places = {}


def guarded():
    start = libc.mmap(None, ROOM + 2 * PAGE, 3, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    assert libc.mprotect(start, PAGE, 0) == libc.mprotect(start + PAGE + ROOM, PAGE, 0) == 0
    return start + PAGE


def array(name, shape, dtype, at_the_end):
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if name not in places:
        places[name] = guarded()
    start = places[name] + (ROOM - size if at_the_end else 0)
    return np.frombuffer((ctypes.c_char * size).from_address(start), dtype).reshape(shape)
"""


def run(program):
    """A program in a process of its own, which a wrong read or write ends."""
    return subprocess.run([sys.executable, "-c", f"{PROLOGUE}\n{program}"], capture_output=True, text=True, check=False)
