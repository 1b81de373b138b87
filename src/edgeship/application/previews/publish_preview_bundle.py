"""Pack a folder of built files, and put it into the inbox as a preview."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from edgeship.application.ports import Clock, Sleep
from edgeship.application.previews.ports import PreviewState
from edgeship.application.releases.pack_bundle import BundleFacts, PackBundle, Packed
from edgeship.application.releases.ports import Dropbox, Dropped, Progress, UploadLimits
from edgeship.application.releases.publish_bundle import RECENT_REJECTIONS
from edgeship.domain.errors import Refused
from edgeship.domain.naming import check_widget
from edgeship.domain.previews.preview import Preview
from edgeship.domain.previews.preview_name import PreviewKey, check_preview, check_ttl
from edgeship.domain.provenance.envelope import Envelope
from edgeship.domain.releases.limits import DEFAULT_LIMITS, Limits

POLL_SECONDS = 0.25


@dataclass(frozen=True)
class UploadedPreview:
    """An archive in the inbox."""

    key: PreviewKey
    drop: Dropped
    packed: Packed
    limits_known: bool


@dataclass(frozen=True)
class PublishPreviewBundle:
    """`packing` makes what packs by given limits; `new_name` gives an archive's name that no other has."""

    packing: Callable[[Limits], PackBundle]
    limits: UploadLimits
    dropbox: Dropbox
    state: PreviewState
    new_name: Callable[[], str]
    clock: Clock
    sleep: Sleep

    def __call__(
        self,
        folder: Path,
        widget: str,
        name: str,
        ttl_seconds: int,
        facts: BundleFacts,
        progress: Callable[[Progress], None],
        sign: Callable[[Packed], Envelope] | None = None,
    ) -> UploadedPreview:
        """Check the folder by the rules for uploads, pack it, sign it and upload it.

        Each upload has a key of its own: a name leads to the build that was uploaded last, and its time begins anew.

        Raises:
            Refused: `preview_invalid`, `ttl_invalid`, or with the code that the upload would get.
        """
        ttl = check_ttl(ttl_seconds)
        key = PreviewKey(check_widget(widget), check_preview(name), ttl, self.new_name(), ".tar.gz")
        limits = self.limits.read()
        pack = self.packing(limits or DEFAULT_LIMITS)
        with TemporaryDirectory(prefix="edgeship-") as scratch:
            archive, packed = pack(folder, key.checked_as, replace(facts, any_version=True), Path(scratch))
            signature = sign(packed).carried if sign is not None else None
            drop = self.dropbox.put(str(key), archive, None, progress, signature)
        return UploadedPreview(key, drop, packed, limits is not None)

    def follow(self, uploaded: UploadedPreview, timeout: timedelta) -> Preview:
        """Wait until the table has the preview.

        Raises:
            Refused: the upload was refused, with its reason.
            TimeoutError: neither happened in time.
        """
        key = uploaded.key
        deadline = self.clock() + timeout
        while True:
            held = self.state.previews(key.widget).find(key.name)
            if held is not None and held.end is None and held.archive == key.archive:
                return held
            for rejection in self.state.rejections(RECENT_REJECTIONS, key.widget):
                if rejection.key == str(key):
                    raise Refused(rejection.code, rejection.reason, rejection.remedy)
            if self.clock() >= deadline:
                raise TimeoutError(
                    f"{key} was uploaded, but preview {key.name} is not at it after "
                    f"{timeout.total_seconds():g} s; see edgeship preview list {key.widget}, "
                    "and the logs of the functions"
                )
            self.sleep(POLL_SECONDS)
