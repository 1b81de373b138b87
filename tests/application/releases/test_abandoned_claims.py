"""An upload dies for good, and another one of the same version comes: the version never has files of both."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edgeship.domain.releases.claim import LEASE
from edgeship.domain.version import Version
from tests.support.bundles import WIDGET, tar_gz
from tests.support.crash.death import Death, deaths, run
from tests.support.crash.scenes.actors import NOW, accept, reject_failed
from tests.support.moto.aws import NAMES, Aws, empty_again

pytestmark = pytest.mark.crash

FILES = {path: body for path, body in WIDGET.items() if not path.endswith(".map")}
OTHER = {path: b"// other\n" + body for path, body in FILES.items()}


def files(aws: Aws) -> dict[str, bytes]:
    site = aws.objects(NAMES.site_bucket)
    return {key.removeprefix("checkout/v1.0.0/"): entry["body"] for key, entry in site.items() if "manifest" not in key}


@pytest.mark.usefixtures("aws")
def test_wherever_an_upload_dies_another_gets_a_version_of_which_nothing_was_public() -> None:
    life = Death()
    aws = empty_again()
    event = aws.upload_event("incoming/checkout/1.0.0.tar.gz", tar_gz(FILES))
    run(lambda: accept(aws, event), life)
    freed = kept = 0
    for death in deaths(life):
        aws = empty_again()
        first = aws.upload_event("incoming/checkout/1.0.0.tar.gz", tar_gz(FILES))
        run(lambda a=aws, e=first: accept(a, e), death)  # type: ignore[misc]
        left = files(aws)
        reject_failed(aws, first)
        other = aws.upload_event("incoming/checkout/1.0.0.tgz", tar_gz(OTHER))
        accept(aws, other, at=NOW + LEASE + timedelta(seconds=1))
        if left:
            kept += 1
            assert files(aws) == left
            # The first bytes again complete what was begun.
            accept(aws, first, at=NOW + timedelta(hours=2))
            assert files(aws) == FILES
        else:
            freed += 1
            assert files(aws) == OTHER
        assert aws.state.release("checkout", Version.parse("1.0.0")) is not None
    assert freed >= 2
    assert kept >= 3
