from .gradient_audit import audit, audit_run
from .records import Audit, Finding, OnState, Pair, TermAudit
from .states import State, hand_made_states
from .tables import (
    ABOUT_STATES,
    ABOUT_TERMS,
    AuditTable,
    cosine_tables,
    fields_read,
    group_tables,
    heading,
    state_tables,
    term_table,
)

__all__ = [
    "ABOUT_STATES",
    "ABOUT_TERMS",
    "Audit",
    "AuditTable",
    "Finding",
    "OnState",
    "Pair",
    "State",
    "TermAudit",
    "audit",
    "audit_run",
    "cosine_tables",
    "fields_read",
    "group_tables",
    "hand_made_states",
    "heading",
    "state_tables",
    "term_table",
]
