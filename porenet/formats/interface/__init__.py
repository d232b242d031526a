"""The contract between porenet and a format: what its reader says of a file, and tools to read files safely.

Any plugin may import it. `Format` is the contract; `Slabs` lets a format be read by slabs. The other names
are tools that porenet's own formats share: streams that never inflate more than is asked for, units of length, text.
"""

from __future__ import annotations

from porenet.formats.interface.format import DetachedFormat, Format, LayerWritingFormat, SliceFormat, WritingFormat
from porenet.formats.interface.grid_toml import GRID_FILE, grid_of_folder, grid_text, shape_text
from porenet.formats.interface.libraries import library
from porenet.formats.interface.lossy import JPEG_SUFFIXES, LOSSY
from porenet.formats.interface.natural_order import natural
from porenet.formats.interface.numbers_in_text import bit, text_blocks, text_expansion
from porenet.formats.interface.records import (
    Record,
    parsed_record,
    record_data,
    record_text,
    with_noted_record,
    with_record,
)
from porenet.formats.interface.same_folder import beside
from porenet.formats.interface.slabs import Cuts, Slabs, plain_slabs
from porenet.formats.interface.stored import (
    BLOCK_BYTES,
    BZIP2_RATIO,
    CHOOSE_ONE,
    DAMAGED,
    DEFLATE_RATIO,
    MAX_VOXELS,
    UNSTATED,
    Options,
    StoredArray,
    Voxel,
    bit_blocks,
    flat_blocks,
    too_many,
)
from porenet.formats.interface.streams import Read, bunzip2, gunzip, span, unbase64, unhex
from porenet.formats.interface.units import in_um, shortest, spacing_without_unit, unknown_units
from porenet.formats.interface.written_layers import WrittenLayers

__all__ = [
    "BLOCK_BYTES", "BZIP2_RATIO", "CHOOSE_ONE", "DAMAGED", "DEFLATE_RATIO", "GRID_FILE", "JPEG_SUFFIXES", "LOSSY",
    "MAX_VOXELS", "UNSTATED", "Cuts", "DetachedFormat", "Format", "LayerWritingFormat", "Options", "Read", "Record",
    "Slabs", "SliceFormat", "StoredArray", "Voxel", "WritingFormat", "WrittenLayers", "beside", "bit", "bit_blocks",
    "bunzip2", "flat_blocks", "grid_of_folder", "grid_text", "gunzip", "in_um", "library", "natural", "parsed_record",
    "plain_slabs", "record_data", "record_text", "shape_text", "shortest", "spacing_without_unit", "span",
    "text_blocks", "text_expansion", "too_many", "unbase64", "unhex", "unknown_units", "with_noted_record",
    "with_record",
]  # fmt: skip
