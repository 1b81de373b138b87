"""What is taken out of a template before it is deployed."""

from __future__ import annotations

import pytest

from localcloud.emulator_gaps import take_out

BUS = {"Type": "AWS::Events::EventBus", "Properties": {"Name": "b"}}
ARCHIVE = {
    "Type": "AWS::Events::Archive",
    "Properties": {
        "SourceArn": {"Fn::GetAtt": ["Bus", "Arn"]},
        "EventPattern": {"source": ["handmade"]},
        "RetentionDays": 7,
    },
}


def test_an_archive_leaves_and_its_expressions_become_outputs() -> None:
    template: dict[str, dict[str, object]] = {
        "Resources": {"Bus": BUS, "Archive": ARCHIVE},
        "Outputs": {"X": {"Value": "x"}},
    }
    kept, [taken] = take_out(template)
    assert kept["Resources"] == {"Bus": BUS}
    added = {name: output for name, output in kept["Outputs"].items() if name != "X"}
    assert list(added.values()) == [{"Value": {"Fn::GetAtt": ["Bus", "Arn"]}}]
    assert (taken.logical_id, taken.type) == ("Archive", "AWS::Events::Archive")
    assert taken.properties["EventPattern"] == {"source": ["handmade"]}
    assert taken.properties["RetentionDays"] == 7
    assert "Archive" in template["Resources"], "the template given is not changed"


def test_an_alarm_on_metric_math_leaves_and_one_on_a_metric_stays() -> None:
    query = {"Dimensions": [{"Name": "RuleName", "Value": {"Ref": "Rule"}}]}
    math = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": [{"MetricStat": {"Metric": query}}]}}
    plain = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "Errors"}}
    kept, [taken] = take_out({"Resources": {"Rule": BUS, "Math": math, "Plain": plain}})
    assert kept["Resources"] == {"Rule": BUS, "Plain": plain}
    assert list(kept["Outputs"].values()) == [{"Value": {"Ref": "Rule"}}]
    assert taken.logical_id == "Math"


def test_a_template_without_gaps_is_kept_as_it_is() -> None:
    template = {"Resources": {"Bus": BUS}}
    assert take_out(template) == (template, [])


def test_a_reference_to_a_secret_is_its_arn() -> None:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {}}
    reads = {"Statement": [{"Resource": {"Ref": "Secret"}}, {"Resource": {"Ref": "Bus"}}]}
    policy = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": reads}}
    kept, _ = take_out({"Resources": {"Secret": secret, "Bus": BUS, "Policy": policy}})
    assert kept["Resources"]["Policy"]["Properties"]["PolicyDocument"]["Statement"] == [
        {"Resource": {"Fn::GetAtt": ["Secret", "Id"]}},
        {"Resource": {"Ref": "Bus"}},
    ]


def test_a_dependency_on_what_left_is_dropped() -> None:
    rule = {"Type": "AWS::Events::Rule", "DependsOn": ["Archive", "Bus"], "Properties": {}}
    kept, _ = take_out({"Resources": {"Bus": BUS, "Archive": ARCHIVE, "Rule": rule}})
    assert kept["Resources"]["Rule"]["DependsOn"] == ["Bus"]


@pytest.mark.parametrize("reference", [{"Ref": "Archive"}, {"Fn::GetAtt": ["Archive", "Arn"]}])
def test_a_reference_to_what_left_is_refused(reference: object) -> None:
    rule = {"Type": "AWS::Events::Rule", "Properties": {"Description": {"Fn::Join": ["", ["x", reference]]}}}
    with pytest.raises(ValueError, match=r"Rule refers to Archive \(AWS::Events::Archive\)"):
        take_out({"Resources": {"Bus": BUS, "Archive": ARCHIVE, "Rule": rule}})
    with pytest.raises(ValueError, match="Outputs refers to Archive"):
        take_out({"Resources": {"Bus": BUS, "Archive": ARCHIVE}, "Outputs": {"O": {"Value": reference}}})
