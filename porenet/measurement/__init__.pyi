from .journal import Journal
from .many_volumes import Job, Report, measure_all
from .one_volume import Outcome, measure, measure_source, read_volume
from .origins import origin_blocks, origins_of
from .preset_requests import requests_of_preset
from .preset_values import QuantityValue, values_of_preset
from .requests import Request, requests_for
from .row import COLUMNS, Row, Source, rows_of
from .same_measurement import is_measured, requests_like
from .table import read_table, write_table

__all__ = [
    "COLUMNS", "Job", "Journal", "Outcome", "QuantityValue", "Report", "Request", "Row", "Source", "is_measured",
    "measure", "measure_all", "measure_source", "origin_blocks", "origins_of", "read_table", "read_volume",
    "requests_for", "requests_like", "requests_of_preset", "rows_of", "values_of_preset", "write_table",
]  # fmt: skip
