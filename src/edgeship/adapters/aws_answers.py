"""What AWS answers instead of what was asked for, as a diagnosis reports it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from edgeship.adapters.cloudwatch.metrics import DataIncomplete
from edgeship.adapters.denied import action_in
from edgeship.application.doctor.ports import NotAllowed, NotRead

_DENIED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "403"}
)


@contextmanager
def unread(needs: str) -> Iterator[None]:
    """
    Raises:
        NotAllowed: with the action that AWS names, else with `needs`. NotRead: anything else that AWS, or the way to
            it, answered.
    """
    try:
        yield
    except ClientError as error:
        if error.response["Error"].get("Code") in _DENIED:
            raise NotAllowed(action_in(str(error)) or needs) from error
        raise NotRead(f"{error}.") from error
    except (BotoCoreError, DataIncomplete) as error:
        raise NotRead(f"{error}.") from error
