"""The harness that kills scenes catches what it is there for: deliveries that are not safe to repeat."""

from __future__ import annotations

from collections.abc import Callable

import boto3
import pytest
from botocore.exceptions import BotoCoreError

from tests.support.crash.death import Death, ProcessDied, deaths, process, run
from tests.support.crash.search import dies_anywhere, outcome
from tests.support.moto.aws import NAMES, Aws, empty_again
from tests.support.moto.state import MotoState

pytestmark = pytest.mark.usefixtures("aws")


class Toy:
    """A process that notes in the table what it has done: a stand-in for a use case."""

    def __init__(self) -> None:
        self._dynamodb = boto3.client("dynamodb")

    def has(self, note: str) -> bool:
        key = {"pk": {"S": "toy"}, "sk": {"S": note}}
        return "Item" in self._dynamodb.get_item(TableName=NAMES.table, Key=key, ConsistentRead=True)

    def note(self, note: str) -> None:
        self._dynamodb.put_item(TableName=NAMES.table, Item={"pk": {"S": "toy"}, "sk": {"S": note}})

    def forget(self, note: str) -> None:
        self._dynamodb.delete_item(TableName=NAMES.table, Key={"pk": {"S": "toy"}, "sk": {"S": note}})

    def count(self) -> None:
        self._dynamodb.update_item(
            TableName=NAMES.table,
            Key={"pk": {"S": "toy"}, "sk": {"S": "count"}},
            UpdateExpression="ADD times :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )


def scene(deliver: Callable[[Toy], None]) -> Callable[[Aws], Callable[[], None]]:
    return lambda _: lambda: deliver(Toy())


def work_and_then_the_mark(toy: Toy) -> None:
    if not toy.has("done"):
        toy.note("first half")
        toy.note("second half")
        toy.note("done")


def the_mark_and_then_work(toy: Toy) -> None:
    if not toy.has("done"):
        toy.note("done")
        toy.note("work")


def counts_each_time(toy: Toy) -> None:
    toy.count()


def survives_one_death(toy: Toy) -> None:
    """The second delivery makes good what the first left; when it dies, too, the third takes it to be still at work."""
    if toy.has("resuming") or toy.has("done"):
        return
    if not toy.has("begun"):
        toy.note("begun")
        toy.note("done")
        return
    toy.note("resuming")
    toy.note("done")
    toy.forget("resuming")


def leaves_something_new_each_time(toy: Toy) -> None:
    number = next(n for n in range(1_000) if not toy.has(f"attempt {n}"))
    toy.note(f"attempt {number}")
    toy.note("work")


def test_what_is_safe_to_repeat_passes_from_everything_that_deaths_leave() -> None:
    explored = dies_anywhere(scene(work_and_then_the_mark))
    assert explored.writes == ["PutItem"] * 3
    assert len(explored.left) == 4
    assert "second half" in explored.end


@pytest.mark.parametrize(
    ("deliver", "died"),
    [
        (the_mark_and_then_work, r"write 0 \(PutItem\) of 2"),
        (counts_each_time, r"write 0 \(UpdateItem\) of 1"),
        (survives_one_death, r"write 0 \(PutItem\) of 2', 'write 0 \(PutItem\) of 3"),
        (leaves_something_new_each_time, r"write 0 \(PutItem\) of 2"),
    ],
)
def test_what_is_not_is_caught_with_the_deaths_that_show_it(deliver: Callable[[Toy], None], died: str) -> None:
    with pytest.raises(AssertionError, match=f"ends otherwise after .*{died}"):
        dies_anywhere(scene(deliver))


def test_an_answer_that_is_lost_on_a_process_that_goes_on_is_caught_when_it_misleads() -> None:
    def gives_up(toy: Toy) -> None:
        """No answer is taken for no effect."""
        if toy.has("done"):
            return
        try:
            toy.note("work")
        except BotoCoreError:
            toy.note("failed")
            return
        toy.note("done")

    with pytest.raises(AssertionError, match=r"without the answer to write 0 \(PutItem\)"):
        dies_anywhere(scene(gives_up))


def test_of_several_paths_each_must_end_what_any_left() -> None:
    explored = dies_anywhere(scene(work_and_then_the_mark), scene(work_and_then_the_mark))
    assert len(explored.left) == 4

    def other_end(toy: Toy) -> None:
        toy.note("something else")

    with pytest.raises(AssertionError, match="ends otherwise after no death"):
        dies_anywhere(scene(work_and_then_the_mark), scene(other_end))


def test_a_process_dies_before_its_first_write_and_after_each_and_nothing_holds_it_up() -> None:
    def deliver() -> None:
        try:
            work_and_then_the_mark(Toy())
        except Exception:  # noqa: BLE001  (a program that goes on whatever happens)
            Toy().note("went on")

    life = Death()
    assert run(deliver, life)
    assert life.writes == ["PutItem"] * 3
    begun = []
    for death in deaths(life):
        aws = empty_again()
        assert not run(deliver, death)
        assert death.dead
        begun.append([item["sk"] for item in aws.items()])
    assert begun == [[], ["first half"], ["first half", "second half"], ["done", "first half", "second half"]]


def test_a_dead_process_makes_no_further_call() -> None:
    with process(Death(0)):
        toy = Toy()
        with pytest.raises(ProcessDied):
            toy.note("first half")
        with pytest.raises(ProcessDied):
            toy.has("first half")


def test_what_is_put_back_is_what_was_taken_however_often(aws: Aws) -> None:
    upload = aws.upload_event("incoming/checkout/1.0.0.tar.gz", b"one")
    taken, before = MotoState.take(), outcome()
    for _ in range(2):
        aws.upload_event("incoming/checkout/1.0.0.tar.gz", b"two")
        Toy().note("something")
        aws.sqs.send_message(QueueUrl=aws.poison_queue_url, MessageBody='{"reason": "none"}')
        assert outcome() != before
        taken.put_back()
        assert outcome() == before
    version = upload["detail"]["object"]["version-id"]
    found = aws.s3.get_object(Bucket=NAMES.inbox_bucket, Key="incoming/checkout/1.0.0.tar.gz", VersionId=version)
    assert found["Body"].read() == b"one"
    assert empty_again().items() == []
