"""HOW LONG AND WHY: pure verdicts over activities, dates and roles. It decides; it never deletes.

Dates are civil days of the controller; a due date is the first day on which the data is no longer needed.
"""

from sectorprivacy.retention._dates import add_months, due_date
from sectorprivacy.retention._verdicts import Need, ground_of, needs

__all__ = ["Need", "add_months", "due_date", "ground_of", "needs"]
