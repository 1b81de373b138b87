from localcloud.cloudfront.functions.key_value_store import Content, StoreReplica


def test_a_content_shows_after_the_delay() -> None:
    replica = StoreReplica(2.0)
    replica.arrive(Content("1"), 10.0)
    assert replica.due(11.9) is None
    assert replica.due(12.0) == Content("1")
    assert replica.due(13.0) is None


def test_of_several_that_show_the_newest_counts() -> None:
    replica = StoreReplica(2.0)
    for second, etag in ((10.0, "1"), (11.0, "2"), (12.0, "3")):
        replica.arrive(Content(etag), second)
    assert replica.due(13.5) == Content("2")
    assert replica.due(14.0) == Content("3")
