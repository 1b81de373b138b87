from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.rollout import TRANSITIONS
from edgeship.domain.health.thresholds import Thresholds
from tests.domain.channels.phase_diagram import phase_diagram
from tests.support.repository import ROOT

GUIDE = (ROOT / "docs" / "rollouts.md").read_text()


def test_the_guides_diagram_is_the_table() -> None:
    """If not, paste what `python -m tests.domain.channels.phase_diagram` prints."""
    assert phase_diagram() in GUIDE
    assert GUIDE.count("```mermaid") == 1


def test_every_transition_is_a_line_of_the_diagram() -> None:
    lines = [line for line in phase_diagram().splitlines() if " --> " in line and "[*]" not in line]
    assert len(lines) == len(set(lines)) == sum(map(len, TRANSITIONS.values()))


def test_the_guide_gives_the_defaults() -> None:
    policy, limits = Policy(), Thresholds()
    rows = {line.split("|")[1].strip(): line.split("|")[2].strip() for line in GUIDE.splitlines() if line[:3] == "| `"}
    assert rows == {
        "`auto`": ", ".join(sorted(policy.auto, reverse=True)),
        "`steps`": "`1:1d,5:1d,25:2d,50:2d,100`",
        "`error_rate`, `latency_ms`, `memory_mb`": (
            f"{limits.error_rate:g} %, {limits.latency_ms:,g} ms, {limits.memory_mb:g} MB"
        ),
        "`custom_metric`, `custom_metric_limit`": limits.custom_metric or "none",
        "`soft_error_points`": f"{limits.soft_error_points:g}",
        "`margin_points`": f"{limits.margin_points:g}",
        "`error_probability`": f"{limits.error_probability:g}",
        "`missing_sessions`": f"{limits.missing_sessions:g}",
        "`networks`": str(limits.networks),
        "`minimum_sample`": f"{limits.minimum_sample}",
        "`count_chunk_failures`": str(limits.count_chunk_failures).lower(),
        "`on_inconclusive`": policy.on_inconclusive,
        "`during_rollout`": policy.during_rollout,
        "`rollback_window`": f"{policy.rollback_window_seconds // 3600} h",
        "`on_failed_verification`": policy.on_failed_verification,
        "`serve`": policy.serve,
        "`calendar_windows`": "always",
        "`testers`": "none",
        "`mode`": policy.mode,
        "`on_breaking`": policy.on_breaking,
    }
