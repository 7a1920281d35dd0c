"""The doctor: looks at everything that a send stands on, and names a cure for what is wrong.

A `House` comes in, findings come out. Each module looks at one kind of thing; `mailing` judges
DNS records and is pure. What could not be looked at is a finding, too.
"""

from newsletter.doctor.findings import Found, Level
from newsletter.doctor.rounds import examine

__all__ = ["Found", "Level", "examine"]
