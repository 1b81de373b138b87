"""A small cloud assembly made by hand: what a local cloud needs, without a synthesis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from localcloud.account import ACCOUNT
from localcloud.cloud import Addresses, Project, Variables

SITE = f"handmade-site-{ACCOUNT}"
STACK = "handmade"
TOKEN = "/handmade/cloudflare"
ASSETS = f"cdk-hnb659fds-assets-{ACCOUNT}-us-east-1"

# Reads the version to serve from the bucket, as an edge function reads its snapshot.
EDGE_SOURCE = f"""
import os, urllib.request

def handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    print("asked for", request["uri"])
    if request["uri"].startswith("/hang/"):
        import time
        time.sleep(60)
    with urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/{SITE}/pointer") as pointer:
        version = pointer.read().decode()
    request["uri"] = request["uri"].replace("/latest/", f"/v{{version}}/")
    return request
"""
SLEEPER_SOURCE = "import time\n\ndef handler(event, context):\n    time.sleep(60)\n"


def project(assembly: Path) -> Project:
    """A project of an assembly that `write_assembly` wrote, with a Cloudflare."""
    return Project(
        environment="test",
        assembly=lambda _: assembly,
        cloudflare_token=TOKEN,
        variables=_variables,
        private_variables=("HANDMADE_",),
    )


def _variables(addresses: Addresses) -> Variables:
    return {"handmade-sleeper": {"EDGE_URL": addresses.edge_url}, "handmade-missing": {"EDGE_URL": addresses.edge_url}}


def write_assembly(folder: Path, extra: dict[str, Any] | None = None) -> Path:
    """Write the assembly into `folder`, with `extra` resources."""
    for name, source in (("edge", EDGE_SOURCE), ("sleeper", SLEEPER_SOURCE)):
        package = folder / f"asset.{name}" / "package"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").touch()
        (package / "handler.py").write_text(source)
    template = {
        "Parameters": {
            "BootstrapVersion": {
                "Type": "AWS::SSM::Parameter::Value<String>",
                "Default": "/cdk-bootstrap/hnb659fds/version",
            }
        },
        "Resources": {**_resources(), **(extra or {})},
        "Outputs": {"DistributionId": {"Value": {"Ref": "Distribution"}}},
    }
    (folder / "template.json").write_text(json.dumps(template))
    files = {
        name: {
            "source": {"path": f"asset.{name}", "packaging": "zip"},
            "destinations": {"here": {"bucketName": ASSETS, "objectKey": f"{name}.zip"}},
        }
        for name in ("edge", "sleeper")
    }
    (folder / "assets.json").write_text(json.dumps({"files": files}))
    artifacts = {
        "assets": {"type": "cdk:asset-manifest", "properties": {"file": "assets.json"}},
        STACK: {"type": "aws:cloudformation:stack", "properties": {"templateFile": "template.json"}},
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return folder


def _resources() -> dict[str, Any]:
    return {
        "Site": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": SITE}},
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "handmade"}},
        "Archive": {
            "Type": "AWS::Events::Archive",
            "Properties": {
                "ArchiveName": "handmade",
                "SourceArn": {"Fn::GetAtt": ["Bus", "Arn"]},
                "EventPattern": {"source": ["handmade"]},
                "RetentionDays": 7,
            },
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
        },
        "Edge": _function("edge", timeout=1),
        "EdgeVersion": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Edge"}}},
        "Sleeper": _function("sleeper", timeout=90),
        "Cache": {
            "Type": "AWS::CloudFront::CachePolicy",
            "Properties": {
                "CachePolicyConfig": {
                    "Name": "handmade",
                    "MinTTL": 0,
                    "DefaultTTL": 86400,
                    "MaxTTL": 31536000,
                    "ParametersInCacheKeyAndForwardedToOrigin": {
                        "EnableAcceptEncodingGzip": True,
                        "EnableAcceptEncodingBrotli": True,
                        "HeadersConfig": {"HeaderBehavior": "none"},
                        "CookiesConfig": {"CookieBehavior": "none"},
                        "QueryStringsConfig": {"QueryStringBehavior": "none"},
                    },
                }
            },
        },
        "Headers": {
            "Type": "AWS::CloudFront::ResponseHeadersPolicy",
            "Properties": {
                "ResponseHeadersPolicyConfig": {
                    "Name": "handmade",
                    "CustomHeadersConfig": {
                        "Items": [{"Header": "Cache-Control", "Value": "public, max-age=300", "Override": True}]
                    },
                }
            },
        },
        "AccessControl": {
            "Type": "AWS::CloudFront::OriginAccessControl",
            "Properties": {
                "OriginAccessControlConfig": {
                    "Name": "handmade",
                    "OriginAccessControlOriginType": "s3",
                    "SigningBehavior": "always",
                    "SigningProtocol": "sigv4",
                }
            },
        },
        "Distribution": {
            "Type": "AWS::CloudFront::Distribution",
            "Properties": {"DistributionConfig": _distribution()},
        },
    }


def _function(name: str, timeout: int) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": f"handmade-{name}",
            "Runtime": "python3.13",
            "Handler": "package.handler.handler",
            "MemorySize": 128,
            "Timeout": timeout,
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Environment": {"Variables": {"KEPT": "1"}},
            "Code": {"S3Bucket": ASSETS, "S3Key": f"{name}.zip"},
        },
    }


def _distribution() -> dict[str, Any]:
    behavior = {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "redirect-to-https",
        "Compress": True,
        "CachePolicyId": {"Ref": "Cache"},
    }
    edge = {"EventType": "viewer-request", "LambdaFunctionARN": {"Ref": "EdgeVersion"}}
    return {
        "Enabled": True,
        "Comment": "made by hand",
        "DefaultCacheBehavior": behavior,
        "CacheBehaviors": [
            {
                **behavior,
                "PathPattern": "*/latest/*",
                "ResponseHeadersPolicyId": {"Ref": "Headers"},
                "LambdaFunctionAssociations": [edge],
            }
        ],
        "CustomErrorResponses": [{"ErrorCode": 404, "ErrorCachingMinTTL": 0}],
        "Origins": [
            {
                "Id": "site",
                "DomainName": {"Fn::GetAtt": ["Site", "RegionalDomainName"]},
                "OriginAccessControlId": {"Fn::GetAtt": ["AccessControl", "Id"]},
                "S3OriginConfig": {"OriginAccessIdentity": ""},
            }
        ],
    }
