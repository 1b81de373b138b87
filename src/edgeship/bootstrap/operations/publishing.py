"""What uploads a build, and follows it."""

from __future__ import annotations

import time
import uuid
from functools import cached_property
from typing import TYPE_CHECKING

from edgeship.bootstrap.operations.resources import Resources
from edgeship.bootstrap.runtime import jittered_pause, utc_now

if TYPE_CHECKING:
    from edgeship.application.channels.follow_upload import FollowUpload
    from edgeship.application.previews.publish_preview_bundle import PublishPreviewBundle
    from edgeship.application.previews.remove_preview import RemovePreview
    from edgeship.application.releases.publish_bundle import PublishBundle


class Publishing(Resources):
    """What uploads a build, and follows it."""

    @cached_property
    def publish(self) -> PublishBundle:
        from edgeship.adapters.s3.inbox import S3Dropbox
        from edgeship.application.releases.publish_bundle import PublishBundle
        from edgeship.bootstrap.commands import packing

        return PublishBundle(
            packing=packing.build,
            limits=self.upload_limits,
            dropbox=S3Dropbox(self._s3, self._names.inbox_bucket),
            state=self.state,
        )

    @cached_property
    def follow(self) -> FollowUpload:
        from edgeship.adapters.http.web import UrllibWeb
        from edgeship.application.channels.follow_upload import FollowUpload

        return FollowUpload(
            state=self.state, web=UrllibWeb(self._site_url) if self._site_url else None, clock=utc_now, sleep=time.sleep
        )

    @cached_property
    def publish_preview(self) -> PublishPreviewBundle:
        from edgeship.adapters.s3.inbox import S3Dropbox
        from edgeship.application.previews.publish_preview_bundle import PublishPreviewBundle
        from edgeship.bootstrap.commands import packing

        return PublishPreviewBundle(
            packing=packing.build,
            limits=self.upload_limits,
            dropbox=S3Dropbox(self._s3, self._names.inbox_bucket),
            state=self.state,
            new_name=lambda: uuid.uuid4().hex,
            clock=utc_now,
            sleep=time.sleep,
        )

    @cached_property
    def remove_preview(self) -> RemovePreview:
        from edgeship.application.previews.remove_preview import RemovePreview

        return RemovePreview(self.state, jittered_pause)
