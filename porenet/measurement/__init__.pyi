from .journal import Journal
from .many_volumes import Job, Report, measure_all
from .one_volume import Outcome, Request, measure, measure_source, read_volume, requests_for
from .origins import origin_blocks, origins_of
from .row import COLUMNS, Row, Source, rows_of
from .rows import Rows
from .same_measurement import is_measured, requests_like
from .table import read_table, table_rows, write_table
from .wide_table import wide_rows

__all__ = [
    "COLUMNS", "Job", "Journal", "Outcome", "Report", "Request", "Row", "Rows", "Source", "is_measured", "measure",
    "measure_all", "measure_source", "origin_blocks", "origins_of", "read_table", "read_volume", "requests_for",
    "requests_like", "rows_of", "table_rows", "wide_rows", "write_table",
]  # fmt: skip
