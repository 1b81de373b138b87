"""Options: what is refused names its context key and says what to give instead."""

from __future__ import annotations

import pytest

from edgeship.domain.edge.nearest_region import REGIONS
from edgeship.domain.releases.limits import Limits
from edgeship.resource_names import ResourceNames
from infra.countries import COUNTRIES
from infra.options import NO_ACCOUNT, OptionError, SynthOptions
from tests.infra.contexts import ACCOUNT, CERTIFICATE, EVERY_OPTION, WEB_ACL

CLOUDFLARE = {key: value for key, value in EVERY_OPTION.items() if key.startswith("cloudflare_")}
REQUIRED = {"environment": "production", "account": ACCOUNT}


def test_every_option_can_be_given_as_text() -> None:
    options = SynthOptions.from_context({**REQUIRED, **EVERY_OPTION})
    assert options.geo_deny == ("KP", "SY")
    assert options.pointer_max_age == 60
    assert {**REQUIRED, **EVERY_OPTION}.keys() | {
        "first_deploy",
        "geo_allow",
        "previews",
        "throwaway",
    } == SynthOptions.model_fields.keys()


def test_home_is_no_copy_and_a_region_that_is_given_twice_is_one() -> None:
    options = SynthOptions.from_context({**REQUIRED, "edge_regions": "eu-west-1, us-east-1,eu-west-1"})
    assert options.flag_copies == {"eu-west-1": f"edgeship-production-edge-eu-west-1-{ACCOUNT}"}
    assert SynthOptions.from_context({**REQUIRED, "edge_regions": "us-east-1"}).flag_copies == {}
    longest = ResourceNames("e" * 20, ACCOUNT)
    assert max(len(longest.edge_bucket(region)) for region in REGIONS) <= 63


@pytest.mark.parametrize(
    ("given", "files", "file_mib"),
    [
        (None, 5_000, 100),
        ("files:8000,file_mib:200", 8_000, 200),
        (" file_mib : 200 ", 5_000, 200),
        ("files:20000", 20_000, 100),
        ({"files": 8_000}, 8_000, 100),
        ({"files": "8000", "file_mib": 800}, 8_000, 800),
    ],
)
def test_limits_of_uploads(given: object, files: int, file_mib: int) -> None:
    options = SynthOptions.from_context({**REQUIRED, "upload_limits": given})
    assert options.upload_limits.limits == Limits.chosen(files, file_mib)


@pytest.mark.parametrize(
    "given",
    [
        "files",
        "8000",
        "files:8000,files:9000",
        "files:0",
        "files:20001",
        "file_mib:801",
        "file_mib:-1",
        "files:8k",
        "size:3",
        {"files": 0},
        {"bytes": 5},
        7,
        [1],
    ],
)
def test_limits_that_are_none_are_refused_with_an_example(given: object) -> None:
    with pytest.raises(OptionError, match=r"^context key upload_limits: .*-c upload_limits=files:8000,file_mib:200"):
        SynthOptions.from_context({**REQUIRED, "upload_limits": given})


def test_a_context_file_may_hold_lists_and_numbers() -> None:
    options = SynthOptions.from_context(
        {**REQUIRED, "geo_allow": ["US", "CA"], "pointer_max_age": 0, "price_class": 100}
    )
    assert (options.geo_allow, options.pointer_max_age, options.price_class) == (("US", "CA"), 0, "100")


@pytest.mark.parametrize(
    ("context", "default", "account", "throwaway"),
    [
        ({"environment": "local"}, "210987654321", NO_ACCOUNT, True),
        ({"environment": "local", "throwaway": "false"}, None, NO_ACCOUNT, False),
        ({"environment": "staging"}, "210987654321", "210987654321", False),
        ({"environment": "staging"}, None, NO_ACCOUNT, False),
        ({"environment": "staging", "account": ACCOUNT}, "210987654321", ACCOUNT, False),
        ({"environment": "pr-12", "throwaway": "true"}, None, NO_ACCOUNT, True),
        ({"environment": "pr-12", "throwaway": True}, None, NO_ACCOUNT, True),
    ],
)
def test_account_and_throwaway_have_defaults(
    context: dict[str, object], default: str | None, account: str, throwaway: bool
) -> None:
    options = SynthOptions.from_context(context, default)
    assert (options.account, options.throwaway) == (account, throwaway)


def test_keys_of_the_cdk_and_of_other_tools_are_left_alone() -> None:
    others = {
        "aws:cdk:enable-path-metadata": True,
        "@aws-cdk/core:newStyleStackSynthesis": True,
        "cli-telemetry": False,
        "availability-zones:account=123456789012:region=us-east-1": [],
    }
    assert SynthOptions.from_context({**REQUIRED, **others}) == SynthOptions.from_context(REQUIRED)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"environment": ""}, "context key environment: Field required. Give the environment"),
        ({"environment": "Prod"}, "environment 'Prod': use 1 to 20 lowercase letters"),
        ({"environment": "a" * 21}, "use 1 to 20 lowercase letters"),
        ({"account": "1234"}, "account '1234': an AWS account is 12 digits"),
        ({"throwaway": "perhaps"}, "context key throwaway: Input should be a valid boolean"),
        ({"domain_name": "widgets.example.com"}, "certificate_arn is missing. Give both or neither"),
        ({"certificate_arn": CERTIFICATE}, "domain_name is missing. Give both or neither"),
        (
            {"domain_name": "https://widgets.example.com", "certificate_arn": CERTIFICATE},
            "context key domain_name: not well formed (given 'https://widgets.example.com'). Give a host name",
        ),
        (
            {
                "domain_name": "widgets.example.com",
                "certificate_arn": CERTIFICATE.replace("us-east-1", "eu-west-1"),
            },
            "Give the ARN of an ACM certificate in us-east-1",
        ),
        ({"web_acl_arn": WEB_ACL.replace("global", "regional")}, "context key web_acl_arn: not well formed"),
        ({"geo_allow": "US", "geo_deny": "KP"}, "geo_allow and geo_deny: a distribution has one list"),
        ({"geo_allow": "US,UK"}, "context key geo_allow: UK: not assigned in ISO 3166-1"),
        ({"geo_deny": "kp"}, "context key geo_deny: kp: not assigned"),
        ({"price_class": "PriceClass_100"}, "context key price_class: Input should be '100', '200' or 'all'"),
        ({"pointer_max_age": "5m"}, "context key pointer_max_age: Input should be a valid integer"),
        ({"pointer_max_age": "-1"}, "context key pointer_max_age: Input should be greater than or equal to 0"),
        (
            {"pointer_max_age": "31536001"},
            "context key pointer_max_age: Input should be less than or equal to 31536000",
        ),
        ({"root_widget": "Check_Out"}, "context key root_widget: Widget name 'Check_Out' is not valid"),
        ({"root_widget": "latest"}, "context key root_widget: Widget name 'latest' is reserved"),
        ({"environment": "shop-edge-eu-west-1"}, "leave out '-edge-', which marks stacks of further Regions"),
        ({"edge_regions": "eu-west-1,eu-west-9"}, "context key edge_regions: eu-west-9: not a Region of AWS"),
        ({"edge_regions": "cn-north-1"}, "context key edge_regions: cn-north-1: not a Region of AWS"),
        ({"edge_regions": ",".join(sorted(REGIONS)[:9])}, "Give up to 8 Regions that get a copy of the flags"),
        ({"telemetry_concurrency": "-1"}, "or 0 to reserve no concurrency"),
        ({"rescue_concurrency": "4"}, "context key rescue_concurrency: is too few: it is also the most that each gets"),
        ({"log_retention_days": "31"}, "context key log_retention_days: CloudWatch Logs has no such retention"),
        ({"accepted_retention_days": "0"}, "context key accepted_retention_days: Input should be greater"),
        ({"event_retention_days": "9999"}, "Give days, 1 to 3650"),
        ({"access_log_retention_days": "soon"}, "context key access_log_retention_days"),
        (
            {"alarm_email": "oncall"},
            "context key alarm_email: not well formed (given 'oncall'). Give an e-mail address",
        ),
        (
            {"pointer-max-age": "60"},
            "context key pointer-max-age: there is no such option. Did you mean pointer_max_age?",
        ),
        ({"geo_alow": "US"}, "Did you mean geo_allow?"),
        ({"cloudflare_zone": "example.com"}, "context key cloudflare_zone: not well formed (given 'example.com')"),
        ({"cloudflare_url": "http://widgets.example.org"}, "context key cloudflare_url: not well formed"),
        (
            {"cloudflare_url": "https://widgets.example.org"},
            "go together: cloudflare_zone, cloudflare_token is missing. Give all or none",
        ),
        (
            {**CLOUDFLARE, "cloudflare_token": "ssm:/edgeship/staging/cloudflare"},
            "cloudflare_token is a secret of staging, which production may not read: store its own",
        ),
        (
            {**CLOUDFLARE, "cloudflare_token": "eyJ0b2tlbiI6"},
            "cloudflare_token is not a reference: write ssm:/edgeship/production/NAME",
        ),
        ({"latest_copies_grace_days": "0"}, "context key latest_copies_grace_days"),
    ],
)
def test_what_is_refused_says_which_key_and_what_to_do(given: dict[str, str], says: str) -> None:
    with pytest.raises(OptionError) as refused:
        SynthOptions.from_context({**REQUIRED, **given})
    assert says in str(refused.value)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(OptionError) as refused:
        SynthOptions.from_context({**REQUIRED, "geo_allow": "UK", "price_class": "1", "alarm_email": "x"})
    assert len(str(refused.value).splitlines()) == 3


def test_the_countries_are_those_of_the_standard() -> None:
    # 249 codes are officially assigned: https://www.iso.org/iso-3166-country-codes.html
    assert len(COUNTRIES) == 249
    assert {"GB", "US", "XK"} & COUNTRIES == {"GB", "US"}
