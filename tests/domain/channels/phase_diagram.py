"""The diagram of a rollout's phases in the docs, drawn from the table.

Run it: `python -m tests.domain.channels.phase_diagram`.
"""

from __future__ import annotations

from edgeship.domain.channels.rollout import TRANSITIONS, Phase


def phase_diagram() -> str:
    """The fenced block: the phases in the table's order, each with the acts that are possible in it."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {Phase.RUNNING}: start"]
    for phase, acts in TRANSITIONS.items():
        lines += [f"    {phase} --> {to}: {act.replace('_', ' ')}" for act, to in acts.items()]
        if not acts:
            lines.append(f"    {phase} --> [*]")
    return "\n".join([*lines, "```"])


if __name__ == "__main__":
    print(phase_diagram())
