"""End a preview before its time, by an operator."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.ports import Pause
from edgeship.application.previews.ports import PreviewState
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.naming import check_widget
from edgeship.domain.previews.preview import Preview, remove_preview
from edgeship.domain.previews.preview_name import check_preview


@dataclass(frozen=True)
class RemovePreview:
    state: PreviewState
    pause: Pause

    def __call__(self, widget: str, name: str, occasion: Occasion) -> Preview:
        """The preview as it was.

        Raises:
            Refused: `widget_invalid`, `preview_invalid`, `preview_missing`; or `moved_meanwhile` when another build was
            published under the name meanwhile.
        """
        check_widget(widget)
        check_preview(name)
        seen = self.state.previews(widget).find(name)

        def attempt() -> Preview:
            record = self.state.previews(widget)
            held = record.find(name)
            if held is not None and seen is not None and held.upload_id != seen.upload_id:
                raise Refused(
                    "moved_meanwhile",
                    f"Preview {name} was published again while this ran. Nothing was written.",
                    f"Check edgeship preview list {widget}, and decide again.",
                )
            after, events = remove_preview(record, name, occasion)
            self.state.commit(Transaction(puts=(after,), events=events))
            assert held is not None
            return held

        return retry_conflict(attempt, self.pause)
