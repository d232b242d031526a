from .gradient_audit import audit, audit_run
from .records import Audit, Finding, OnState, Pair, TermAudit
from .states import State, hand_made_states

__all__ = ["Audit", "Finding", "OnState", "Pair", "State", "TermAudit", "audit", "audit_run", "hand_made_states"]
