"""What changes the state: each is one conditional transaction with its event."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from edgeship.bootstrap.operations.resources import Resources
from edgeship.bootstrap.runtime import jittered_pause
from edgeship.resource_names import SNAPSHOT_KEY

if TYPE_CHECKING:
    from edgeship.application.calendar.change_freeze import ChangeFreeze
    from edgeship.application.channels.change_policy import ChangePolicy
    from edgeship.application.channels.promote_release import PromoteRelease
    from edgeship.application.channels.roll_back import RollBack
    from edgeship.application.channels.route_channel import RouteChannel
    from edgeship.application.channels.start_rollout import StartRollout
    from edgeship.application.channels.steer_rollout import SteerRollout
    from edgeship.application.channels.unlock_channel import UnlockChannel
    from edgeship.application.flags.change_flags import ChangeFlags
    from edgeship.application.notifications.change_rules import ChangeNotifications
    from edgeship.application.notifications.send_test_notification import SendTestNotification
    from edgeship.application.propagation.request_deployment import RequestDeployment
    from edgeship.application.provenance.change_identities import ChangeIdentities
    from edgeship.application.pruning.prune_releases import PruneReleases
    from edgeship.application.releases.unquarantine_release import UnquarantineRelease
    from edgeship.application.requirements.change_environment import ChangeEnvironment


class Acting(Resources):
    """What changes the state: each is one conditional transaction with its event."""

    @cached_property
    def promote(self) -> PromoteRelease:
        from edgeship.application.channels.promote_release import PromoteRelease

        return PromoteRelease(self.state, self._alarms, self._files, jittered_pause)

    @cached_property
    def start_rollout(self) -> StartRollout:
        from edgeship.application.channels.start_rollout import StartRollout

        return StartRollout(self.state, self._alarms, self._files, jittered_pause)

    @cached_property
    def steer_rollout(self) -> SteerRollout:
        from edgeship.application.channels.steer_rollout import SteerRollout

        return SteerRollout(self.state, self._alarms, jittered_pause)

    @cached_property
    def roll_back(self) -> RollBack:
        from edgeship.application.channels.roll_back import RollBack

        return RollBack(self.state, self._files, jittered_pause)

    @cached_property
    def policy(self) -> ChangePolicy:
        from edgeship.application.channels.change_policy import ChangePolicy

        return ChangePolicy(self.state, jittered_pause)

    @cached_property
    def freeze(self) -> ChangeFreeze:
        from edgeship.application.calendar.change_freeze import ChangeFreeze

        return ChangeFreeze(self.state, jittered_pause)

    @cached_property
    def environment(self) -> ChangeEnvironment:
        from edgeship.application.requirements.change_environment import ChangeEnvironment

        return ChangeEnvironment(self.state, jittered_pause)

    @cached_property
    def prune(self) -> PruneReleases:
        from edgeship.adapters.s3.release_objects import S3ReleaseObjects
        from edgeship.application.pruning.prune_releases import PruneReleases

        return PruneReleases(
            self.state, S3ReleaseObjects(self._s3, self._names.site_bucket, self._names.inbox_bucket), jittered_pause
        )

    @cached_property
    def identities(self) -> ChangeIdentities:
        from edgeship.application.provenance.change_identities import ChangeIdentities

        return ChangeIdentities(self.state, jittered_pause)

    @cached_property
    def unlock(self) -> UnlockChannel:
        from edgeship.application.channels.unlock_channel import UnlockChannel

        return UnlockChannel(self.state, jittered_pause)

    @cached_property
    def unquarantine(self) -> UnquarantineRelease:
        from edgeship.application.releases.unquarantine_release import UnquarantineRelease

        return UnquarantineRelease(self.state, jittered_pause)

    @cached_property
    def route(self) -> RouteChannel:
        from edgeship.application.channels.route_channel import RouteChannel

        return RouteChannel(self.state, self.state, jittered_pause)

    @cached_property
    def flags(self) -> ChangeFlags:
        from edgeship.adapters.s3.snapshots import S3Snapshots
        from edgeship.application.edge.check_flags import CheckFlags
        from edgeship.application.flags.change_flags import ChangeFlags

        return ChangeFlags(
            self.state,
            CheckFlags(self.state, S3Snapshots(self._s3, self._names.config_bucket, SNAPSHOT_KEY)),
            jittered_pause,
        )

    @cached_property
    def notifications(self) -> ChangeNotifications:
        from edgeship.application.notifications.change_rules import ChangeNotifications

        return ChangeNotifications(self.state, jittered_pause)

    @cached_property
    def test_notification(self) -> SendTestNotification:
        from edgeship.application.notifications.send_test_notification import SendTestNotification

        return SendTestNotification(self.state)

    @cached_property
    def request_deployment(self) -> RequestDeployment:
        from edgeship.application.propagation.request_deployment import RequestDeployment

        return RequestDeployment(self.state, jittered_pause)
