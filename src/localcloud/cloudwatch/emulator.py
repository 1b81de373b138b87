"""The emulator with alarms that a monitor can look after.

MiniStack 1.5.33 drops `Metrics` from PutMetricAlarm, so that an alarm on metric math is stored without what it
watches; and it evaluates alarms on one metric by itself, on every PutMetricData and PutMetricAlarm, over all dimensions
and without M of N. Neither can be set. Both are changed inside its process: a folder that Python looks into at its
start goes onto PYTHONPATH, and the one module in it recognises the emulator by its command line.
"""

from __future__ import annotations

import os
from pathlib import Path

from localcloud.emulator import Emulator

_INSIDE = Path(__file__).parent / "inside_emulator"


class MonitoredEmulator(Emulator):
    """Keeps alarms on metric math whole, and changes no alarm's state but by SetAlarmState."""

    def _environment(self, scratch: Path) -> dict[str, str]:
        environment = super()._environment(scratch)
        others = environment.get("PYTHONPATH")
        return environment | {"PYTHONPATH": os.pathsep.join([str(_INSIDE), *([others] if others else [])])}
