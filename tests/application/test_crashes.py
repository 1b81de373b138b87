"""Every function and every act of an operator dies at every write, is begun again, and leaves what an undisturbed run
leaves. The features' own crash tests have more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
import pytest

from edgeship.bootstrap import operator
from edgeship.domain.errors import Refused
from tests.support.crash.scenes.actors import ANN, make_live, releases
from tests.support.crash.scenes.releases import SCENES
from tests.support.crash.search import dies_anywhere
from tests.support.moto.aws import NAMES, Aws


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", SCENES)
def test_dies_anywhere_again_and_again_and_ends_the_same(name: str) -> None:
    assert dies_anywhere(SCENES[name]).writes


def test_a_rollback_that_took_effect_is_not_repeated_by_fencing(aws: Aws) -> None:
    """The second of two that meant the same step is told so, and takes no second step."""
    releases(aws, "1.0.0", "1.1.0", "1.2.0")
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        make_live(version)
    first = operator.build(NAMES, boto3.Session(), None)
    second = operator.build(NAMES, boto3.Session(), None)
    channel = second.state.channel("checkout", "latest")
    first.roll_back("checkout", "latest", None, ANN)

    class Stale:
        """The second operator read the channel before the first wrote it."""

        def __init__(self) -> None:
            self.reads = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(second.state, name)

        def channel(self, widget: str, name: str) -> Any:
            self.reads += 1
            return channel if self.reads == 1 else second.state.channel(widget, name)

    stale = replace(second.roll_back, state=Stale())
    with pytest.raises(Refused) as refused:
        stale("checkout", "latest", None, ANN)
    assert refused.value.code == "moved_meanwhile"
    assert "user/ann has it at 1.1.0" in refused.value.reason
    assert str(aws.state.channel("checkout", "latest").version) == "1.1.0"
