# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens in the laboratory: each scenario a function, with what it proves in its first line.

The order of these lines is the order in which they run.
"""
from scenarios.base import SCENARIOS, run_one
from scenarios import (cards_come, readers, pulled, power, file_systems, screens, states, packages, lamps,
                       mounting, network, pages, figures)

__all__ = ["SCENARIOS", "run_one", "cards_come", "readers", "pulled", "power", "file_systems", "screens",
           "states", "packages", "lamps", "mounting", "network", "pages", "figures"]
