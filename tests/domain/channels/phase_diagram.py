"""The diagram of a rollout's phases in the docs, drawn from the table.

Run it: `python -m tests.domain.channels.phase_diagram`.
"""

from __future__ import annotations

from edgeship.domain.channels.rollout import TRANSITIONS, Phase


def phase_diagram() -> str:
    """The fenced block: the phases in the table's order, each with the events that are possible in it."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {Phase.RUNNING}: start"]
    for phase, events in TRANSITIONS.items():
        lines += [f"    {phase} --> {to}: {event.replace('_', ' ')}" for event, to in events.items()]
        if not events:
            lines.append(f"    {phase} --> [*]")
    return "\n".join([*lines, "```"])


if __name__ == "__main__":
    print(phase_diagram())
