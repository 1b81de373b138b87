"""What a synth may be told through CDK context (`-c key=value`), checked before any construct is made."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from edgeship.domain.edge.freshness import DEFAULT_FRESHNESS_SECONDS
from edgeship.domain.edge.nearest_region import REGIONS
from edgeship.domain.errors import Refused
from edgeship.domain.naming import check_widget
from edgeship.domain.notifications.secret_reference import reference_fault
from edgeship.domain.releases.limits import MAX_FILE_MIB, MAX_FILES
from edgeship.resource_names import LOCAL, REGION, ResourceNames
from infra.countries import COUNTRIES
from infra.upload_limits import UploadLimits, parts_of

NO_ACCOUNT: Final = "000000000000"
"""Stands in for the account when there is none: enough to synthesise, never enough to deploy to AWS."""

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html.
LOG_RETENTION_DAYS: Final = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557)
YEAR_SECONDS: Final = 365 * 24 * 3600
MAX_WIDGET_POLICIES: Final = 30
"""Three policies and three outputs each: a stack has 500 resources and 200 outputs
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html)."""
MAX_EDGE_REGIONS: Final = 8
"""Copies are written all at a time; with more, a change waits for the slowest of many."""

TICKS_AT_A_TIME: Final = 2
"""A tick ends within its minute; one that was late may meet the next."""
LEAST_RESCUE: Final = 5
"""The relay runs once for each shard of the table's stream, and for the clock."""

_CERTIFICATE = re.compile(r"arn:aws:acm:us-east-1:\d{12}:certificate/[0-9a-f-]{36}")
_WEB_ACL = re.compile(r"arn:aws:wafv2:us-east-1:\d{12}:global/webacl/[\w-]{1,128}/[0-9a-f-]{36}")
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_ZONE = re.compile(r"[0-9a-f]{32}")
_HTTPS_URL = re.compile(rf"https://{_DOMAIN.pattern}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class OptionError(ValueError):
    """The context cannot be used; the message has a line for each fault: its key and what to give instead."""


def _listed(value: object) -> object:
    """`-c geo_allow=US,CA` is a string; a context file may hold a list."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _widget(name: str) -> str:
    try:
        return check_widget(name)
    except Refused as refused:
        raise ValueError(str(refused)) from refused


Text = Annotated[str, StringConstraints(strip_whitespace=True)]
Widget = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_widget)]
Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class SynthOptions(BaseModel):
    """The options of one stack. Each field is a context key; its description is the hint of its error message."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    environment: Text = Field(description="Give the environment to synthesise: -c environment=production")
    account: Text = Field(description="Give the 12 digits of the AWS account: -c account=123456789012")
    throwaway: bool = Field(False, description="Give true or false; true lets data be deleted with the stack")
    first_deploy: bool = Field(
        False,
        description="Give true or false; true leaves out what would be in the way of a second first deploy",
    )

    domain_name: Text | None = Field(None, description="Give a host name: -c domain_name=widgets.example.com")
    certificate_arn: Text | None = Field(
        None, description="Give the ARN of an ACM certificate in us-east-1, where CloudFront reads certificates"
    )
    geo_allow: Names = Field((), description="Give ISO 3166-1 alpha-2 codes: -c geo_allow=US,CA")
    geo_deny: Names = Field((), description="Give ISO 3166-1 alpha-2 codes: -c geo_deny=KP")
    price_class: Literal["100", "200", "all"] = Field("all", description="Give 100, 200 or all")
    web_acl_arn: Text | None = Field(
        None,
        description="Give the ARN of a WAFv2 web ACL with scope CLOUDFRONT: arn:aws:wafv2:us-east-1:…:global/webacl/…",
    )

    pointer_max_age: int = Field(
        300, ge=0, le=YEAR_SECONDS, description="Give the seconds for which a browser may keep a moving path"
    )
    edge_freshness_seconds: float = Field(
        DEFAULT_FRESHNESS_SECONDS,
        ge=0.1,
        le=30,
        description="Give the seconds after which the edge reads its snapshot again, 0.1 to 30",
    )
    edge_regions: Names = Field(
        (),
        max_length=MAX_EDGE_REGIONS,
        description=f"Give up to {MAX_EDGE_REGIONS} Regions that get a copy of the flags: "
        "-c edge_regions=eu-west-1,ap-southeast-1",
    )
    table_restored: Text | None = Field(
        None, pattern=r"^[\w.:+-]{1,64}$", description="Give the day of the restore: -c table_restored=2026-11-28"
    )
    root_widget: Widget | None = Field(
        None, description="Give the name of the widget whose paths drop the /<widget> prefix: -c root_widget=checkout"
    )

    cloudflare_zone: Text | None = Field(
        None, description="Give the zone's id, 32 hexadecimal digits, if Cloudflare stands in front of the distribution"
    )
    cloudflare_url: Text | None = Field(
        None, description="Give where browsers reach the widgets through Cloudflare: https://widgets.example.com"
    )
    cloudflare_token: Text | None = Field(
        None,
        description="Give where the API token (permission Cache Purge) is kept: ssm:/edgeship/<environment>/cloudflare "
        "or secretsmanager:edgeship/<environment>/cloudflare",
    )
    latest_copies_grace_days: int = Field(
        7, ge=1, le=365, description="Give the days for which files stay under latest that its release has no more"
    )

    upload_limits: Annotated[UploadLimits, BeforeValidator(parts_of)] = Field(
        UploadLimits(),
        description=f"Give how many files a bundle may have (up to {MAX_FILES:,}) and the MiB of one (up to "
        f"{MAX_FILE_MIB}): -c upload_limits=files:8000,file_mib:200",
    )

    previews: bool = Field(
        False, description="Give true or false; true makes a second distribution, for builds that nobody has released"
    )

    widget_policies: Annotated[tuple[Widget, ...], BeforeValidator(_listed)] = Field(
        (),
        max_length=MAX_WIDGET_POLICIES,
        description=f"Give up to {MAX_WIDGET_POLICIES} widgets that get policies of their own, for the teams that have "
        "them: -c widget_policies=checkout,chat",
    )

    require_signatures: bool = Field(
        False, description="Give true or false; true refuses unsigned uploads of every widget"
    )

    telemetry_concurrency: int = Field(
        0, ge=0, le=1000, description="Give the beacons that may be handled at a time, or 0 to reserve no concurrency"
    )
    rescue_concurrency: int = Field(
        0,
        ge=0,
        le=1000,
        description="Give the executions that rollback and relay have for themselves, each, or 0 to reserve none",
    )

    dashboard: bool = Field(True, description="Give true or false; false leaves out the dashboard in CloudWatch")
    tracing: bool = Field(False, description="Give true or false; true traces the functions with X-Ray")

    log_retention_days: int = Field(30, description=f"Give one of {', '.join(map(str, LOG_RETENTION_DAYS))}")
    access_log_retention_days: int = Field(90, ge=1, le=3650, description="Give days, 1 to 3650")
    accepted_retention_days: int = Field(365, ge=1, le=3650, description="Give days, 1 to 3650")
    event_retention_days: int = Field(90, ge=1, le=3650, description="Give days, 1 to 3650")
    alarm_email: Text | None = Field(None, description="Give an e-mail address: -c alarm_email=oncall@example.com")
    notification_email: Text | None = Field(
        None, description="Give an e-mail address: -c notification_email=team@example.com"
    )

    @classmethod
    def from_context(cls, context: Mapping[str, Any], default_account: str | None = None) -> Self:
        """Read the options among the keys of a context; keys of the CDK's own are left alone.

        Raises:
            OptionError: a key is missing, malformed, contradicts another or looks like a misspelt option.
        """
        _refuse_misspelt(context)
        given = {key: context[key] for key in cls.model_fields if context.get(key) not in (None, "")}
        local = given.get("environment") == LOCAL
        given.setdefault("account", NO_ACCOUNT if local else default_account or NO_ACCOUNT)
        given.setdefault("throwaway", local)
        try:
            return cls.model_validate({key: _text(value) for key, value in given.items()})
        except ValidationError as error:
            raise OptionError("\n".join(_explain(fault) for fault in error.errors())) from error

    @property
    def names(self) -> ResourceNames:
        return ResourceNames(self.environment, self.account)

    @property
    def protected(self) -> bool:
        """Whether the stack and its table are protected from deletion."""
        return not (self.throwaway or self.first_deploy)

    @field_validator("geo_allow", "geo_deny")
    @classmethod
    def _known_countries(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [code for code in codes if code not in COUNTRIES]:
            raise ValueError(f"{', '.join(unknown)}: not assigned in ISO 3166-1 (capitals; the United Kingdom is GB)")
        return codes

    @property
    def flag_copies(self) -> dict[str, str]:
        """The bucket of each Region, but the home Region, that has a copy of the flags."""
        return {region: self.names.edge_bucket(region) for region in self.edge_regions if region != REGION}

    @field_validator("edge_regions")
    @classmethod
    def _known_regions(cls, regions: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [region for region in regions if region not in REGIONS]:
            raise ValueError(f"{', '.join(unknown)}: not a Region of AWS's commercial partition")
        return tuple(dict.fromkeys(regions))

    @field_validator("rescue_concurrency")
    @classmethod
    def _enough_to_rescue(cls, executions: int) -> int:
        if 0 < executions < LEAST_RESCUE:
            raise ValueError(f"is too few: it is also the most that each gets. Give 0, or {LEAST_RESCUE} or more")
        return executions

    @field_validator("log_retention_days")
    @classmethod
    def _retention(cls, days: int) -> int:
        if days not in LOG_RETENTION_DAYS:
            raise ValueError("CloudWatch Logs has no such retention")
        return days

    @field_validator(
        "domain_name",
        "certificate_arn",
        "web_acl_arn",
        "alarm_email",
        "notification_email",
        "cloudflare_zone",
        "cloudflare_url",
    )
    @classmethod
    def _shape(cls, value: str | None, info: Any) -> str | None:
        pattern = {
            "domain_name": _DOMAIN,
            "certificate_arn": _CERTIFICATE,
            "web_acl_arn": _WEB_ACL,
            "alarm_email": _EMAIL,
            "notification_email": _EMAIL,
            "cloudflare_zone": _ZONE,
            "cloudflare_url": _HTTPS_URL,
        }[info.field_name]
        if value is not None and not pattern.fullmatch(value):
            raise ValueError("not well formed")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ResourceNames(self.environment, self.account)
        if self.geo_allow and self.geo_deny:
            raise ValueError(
                "geo_allow and geo_deny: a distribution has one list. "
                "Give geo_allow to serve only some countries, or geo_deny to leave some out"
            )
        cloudflare = {key: getattr(self, key) for key in ("cloudflare_zone", "cloudflare_url", "cloudflare_token")}
        lacking = [key for key, value in cloudflare.items() if not value]
        if 0 < len(lacking) < len(cloudflare):
            raise ValueError(f"{', '.join(cloudflare)} go together: {', '.join(lacking)} is missing. Give all or none")
        fault = reference_fault(self.cloudflare_token, self.environment) if self.cloudflare_token else None
        if fault:
            raise ValueError(f"cloudflare_token {fault}")
        if bool(self.domain_name) != bool(self.certificate_arn):
            missing = "certificate_arn" if self.domain_name else "domain_name"
            raise ValueError(f"domain_name and certificate_arn go together: {missing} is missing. Give both or neither")
        return self


def _refuse_misspelt(context: Mapping[str, Any]) -> None:
    for key in context:
        # Keys with a colon, an @ or a slash are the CDK's: feature flags, look-ups, CLI settings.
        if key in SynthOptions.model_fields or re.search(r"[:@/]", key):
            continue
        if close := difflib.get_close_matches(
            key.lower().replace("-", "_"), SynthOptions.model_fields, n=1, cutoff=0.8
        ):
            raise OptionError(f"context key {key}: there is no such option. Did you mean {close[0]}?")


def _text(value: object) -> object:
    """`-c` gives text; a number in a context file means the same digits."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _explain(fault: Any) -> str:
    reason = str(fault["msg"]).removeprefix("Value error, ")
    if not fault["loc"]:
        return f"context: {reason}."
    key = str(fault["loc"][0])
    given = "" if fault["type"] == "missing" else f" (given {fault['input']!r})"
    return f"context key {key}: {reason}{given}. {SynthOptions.model_fields[key].description}."
