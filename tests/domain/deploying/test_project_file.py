from __future__ import annotations

from typing import Any

import pytest

from edgeship.domain.deploying.project_file import project_file
from edgeship.domain.errors import Refused


def test_options_of_an_environment_come_before_those_of_all() -> None:
    file = project_file(
        {
            "environment": "staging",
            "options": {"log_retention_days": 90, "throwaway": True},
            "environments": {
                "production": {"throwaway": False, "geo_allow": ["US", "CA"], "upload_limits": {"files": 9}}
            },
        }
    )
    assert file.environment == "staging"
    assert file.context("staging") == {"log_retention_days": "90", "throwaway": "true"}
    assert file.context("production") == {
        "log_retention_days": "90",
        "throwaway": "false",
        "geo_allow": "US,CA",
        "upload_limits": "files:9",
    }


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"enviroment": "a"}, "enviroment"),
        ({"environment": 3}, "environment"),
        ({"options": []}, "options"),
        ({"environments": {"a": 1}}, "environments.a"),
        ({"options": {"environment": "a"}}, "'environment'"),
        ({"options": {"Log-Days": 1}}, "'Log-Days'"),
        ({"options": {"geo_allow": [1]}}, "options.geo_allow"),
    ],
)
def test_what_has_no_meaning_is_named(document: dict[str, Any], named: str) -> None:
    with pytest.raises(Refused) as refused:
        project_file(document)
    assert refused.value.code == "project_file_invalid"
    assert named in refused.value.reason
