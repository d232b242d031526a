from .boundary_shift import doubled, shifted
from .journal import Journal
from .many_volumes import Job, Report, measure_all
from .one_volume import measure, measure_source, read_volume
from .origins import origin_blocks, origins_of
from .outcome import Outcome
from .preset_requests import requests_of_preset
from .preset_values import QuantityValue, values_of_preset
from .requests import Request, requests_for
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
    "COLUMNS", "BoxSize", "Job", "Journal", "Outcome", "QuantityValue", "Report", "Representative", "Request",
    "Row", "Rows", "SensitivityRow", "SizeEffect", "SizeRow", "Source", "box_sizes", "doubled", "is_measured",
    "measure", "measure_all", "measure_source", "origin_blocks", "origins_of", "read_table", "read_volume",
    "representative", "requests_for", "requests_like", "requests_of_preset", "rows_of", "sensitivity",
    "shifted", "size_effect", "table_rows", "values_of_preset", "wide_rows", "write_table",
]  # fmt: skip
