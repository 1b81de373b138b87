"""Bring a move of a channel to every CDN, and verify that it has arrived.

The edge serves the move already; this updates the copies that are kept elsewhere. Every step may be repeated. A move
that a newer one has overtaken is left to the newer move's run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from edgeship.application.ports import Clock, Pause
from edgeship.application.propagation.copy_latest import CopyLatest
from edgeship.application.propagation.overtaken import Overtaken, deployment_of, refuse_overtaken
from edgeship.application.propagation.ports import DeploymentState, LatestCopies
from edgeship.application.propagation.publish_manifests import PublishManifests
from edgeship.application.propagation.refresh_again import RefreshAgain
from edgeship.application.propagation.refresh_cdns import RefreshCdns
from edgeship.application.propagation.released_manifest import released_manifest
from edgeship.application.propagation.verify_deployment import VerifyDeployment
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.channel import Channel
from edgeship.domain.events import Occasion
from edgeship.domain.naming import LATEST, MANIFEST_NAME
from edgeship.domain.propagation.deployment import Verification, conclude, verification_of
from edgeship.domain.releases.manifest import DIRECTORY_INDEX

VERIFY_SECONDS = 60.0


class End(StrEnum):
    VERIFIED = "verified"
    FAILED = "failed"
    KNOWN = "known"
    """An earlier run has written the verification."""
    OVERTAKEN = "overtaken"


@dataclass(frozen=True)
class Propagated:
    """How a run ended, and its verification."""

    end: End
    verification: Verification | None = None


@dataclass(frozen=True)
class PropagateMove:
    state: DeploymentState
    copies: LatestCopies
    copy_latest: CopyLatest
    publish_manifests: PublishManifests
    refresh: RefreshCdns
    verify: VerifyDeployment
    clock: Clock
    pause: Pause

    def __call__(self, widget: str, name: str, sequence: int, reference: str, occasion: Occasion) -> Propagated:
        """Bring move number `sequence` of a channel to the CDNs; `reference` is its event's id.

        Raises:
            CdnBusy, OSError: a CDN took no requests for longer than a run can wait. Try again later.
        """
        # Whichever move this is: they say what the table says, of every channel.
        self.publish_manifests(widget)
        channel = self.state.channel(widget, name)
        if channel.sequence != sequence:
            if name == LATEST:
                self.copy_latest.settle(widget)
            return Propagated(End.OVERTAKEN)
        known = self.state.deployment(widget, name)
        if known.sequence == sequence and known.verification is not None:
            return Propagated(End.KNOWN, known.verification)
        try:
            verification = self._propagate(channel, reference, occasion)
        except Overtaken:
            return Propagated(End.OVERTAKEN)
        if verification is None:
            return Propagated(End.KNOWN, self.state.deployment(widget, name).verification)
        return Propagated(End.VERIFIED if verification.verified else End.FAILED, verification)

    def _propagate(self, channel: Channel, reference: str, occasion: Occasion) -> Verification | None:
        if channel.name == LATEST:
            self.copy_latest(channel)
        not_refreshed = self.refresh(channel, reference)
        found = self.verify(channel, VERIFY_SECONDS, RefreshAgain(self.refresh, channel, reference))
        if channel.name == LATEST:
            self._retire(channel)
        now = replace(occasion, at=self.clock())
        verification = verification_of(now, self.verify.webs, found.checked, (*not_refreshed, *found.mismatches))
        return retry_conflict(lambda: self._conclude(channel, verification, now), self.pause)

    def _retire(self, channel: Channel) -> None:
        """Retire the files that the release no longer has. A newer move may need one of them, so this comes last."""
        manifest = released_manifest(self.copy_latest.site, channel)
        wanted = manifest.files.keys() | {MANIFEST_NAME, *([DIRECTORY_INDEX] if manifest.has_directory_index else [])}
        gone = sorted(self.copies.files(channel.widget).keys() - wanted)
        if gone:
            refuse_overtaken(self.state, channel)
            self.copies.retire(channel.widget, gone, self.clock())

    def _conclude(self, channel: Channel, verification: Verification, occasion: Occasion) -> Verification | None:
        """Write the verification; None when another run of the same move has written one."""
        deployment = deployment_of(self.state, channel)
        if deployment.verification is not None:
            return None
        concluded, event = conclude(deployment, channel, verification, occasion)
        self.state.commit(Transaction(puts=(concluded,), events=(event,)))
        return verification
