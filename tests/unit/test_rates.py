"""The windows in which calls are counted, and how a key is told where it stands."""

from waybell.ground.rates import Rates, Rule, Use, rules_of, seconds_until

DEFAULTS = Rates(20, 400, 2, 10)


def test_windows_begin_with_the_minute_and_end_before_the_next():
    minute = Rule("minute", 400, 60)
    assert minute.window(119.999) == minute.window(60.0) == 1
    assert minute.window(120.0) == 2
    assert minute.end(60.0) == minute.end(119.999) == 120


def test_a_process_settles_at_the_latest_with_a_tenth_of_the_limit():
    assert [Rule("x", limit, 1).share for limit in (1, 2, 20, 400)] == [1, 1, 2, 40]


def test_documents_have_a_rule_beside_those_of_all_calls():
    assert [(rule.name, rule.limit, rule.seconds) for rule in rules_of(DEFAULTS, "pdf")] == [
        ("minute", 400, 60),
        ("second", 20, 1),
        ("pdf", 2, 1),
    ]
    assert rules_of(DEFAULTS, "label")[-1].limit == 10
    assert len(rules_of(DEFAULTS)) == 2


def test_a_rate_that_is_not_set_is_the_default():
    assert Rates(per_minute=7).or_default(DEFAULTS) == Rates(20, 7, 2, 10)


def test_the_headers_are_as_clients_of_the_original_parse_them():
    headers = dict(Use(remaining=399, reset=1795521660).headers())
    assert headers == {
        b"x-rate-limit-limit": b"1m",
        b"x-rate-limit-remaining": b"399",
        b"x-rate-limit-reset": b"2026-11-24T12:01:00.0000000Z",
    }


def test_the_time_to_wait_is_rounded_up_and_never_nothing():
    assert seconds_until(60, 58.2) == 2
    assert seconds_until(60, 60.0) == 1
