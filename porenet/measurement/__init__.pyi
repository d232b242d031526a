from .boundary_shift import doubled, shifted
from .journal import Journal
from .many_volumes import Job, Report, measure_all
from .one_volume import Outcome, Request, measure, measure_source, read_volume, requests_for
from .origins import origin_blocks, origins_of
from .row import COLUMNS, Row, Source, rows_of
from .rows import Rows
from .same_measurement import is_measured, requests_like
from .sensitivities import SensitivityRow, sensitivity
from .size_statistics import Representative, SizeRow, representative
from .sub_boxes import BoxSize, box_sizes
from .sub_volume_sizes import SizeEffect, size_effect
from .table import read_table, table_rows, write_table
from .wide_table import wide_rows

__all__ = [
    "COLUMNS", "BoxSize", "Job", "Journal", "Outcome", "Report", "Representative", "Request", "Row", "Rows",
    "SensitivityRow", "SizeEffect", "SizeRow", "Source", "box_sizes", "doubled", "is_measured", "measure",
    "measure_all", "measure_source", "origin_blocks", "origins_of", "read_table", "read_volume",
    "representative", "requests_for", "requests_like", "rows_of", "sensitivity", "shifted", "size_effect",
    "table_rows", "wide_rows", "write_table",
]  # fmt: skip
