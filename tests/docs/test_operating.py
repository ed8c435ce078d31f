"""What operators are told holds: alerts ask for metrics that are there, each is explained, and so is each log event."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from waybell.app import build_web
from waybell.installation import heartbeats

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operating.md").read_text()
RULES = [
    rule
    for group in yaml.safe_load((ROOT / "deploy" / "prometheus-alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


@pytest.fixture
def samples(app):
    """What `/metrics` answers: the names of the samples, each with the pairs of labels and values seen there."""
    with app.database.transaction() as tx:
        heartbeats.beat(tx, heartbeats.DISPATCHER)
    with TestClient(build_web(app)) as client:
        answer = client.get("/metrics")
    found: dict[str, set[tuple[str, str]]] = {}
    for family in text_string_to_metric_families(answer.text):
        assert len(family.documentation) > 20, family.name
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels.items())
    return found


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_alerts_ask_for_metrics_and_labels_that_there_are(samples):
    for rule in RULES:
        for name, labels in re.findall(r"\b(waybell_\w+)(?:\{([^}]*)\})?", rule["expr"]):
            assert name in samples, (rule["alert"], name)
            for label, value in re.findall(r'(\w+)!?="([^"]*)"', labels):
                assert (label, value) in samples[name], (rule["alert"], label, value)
        for label in re.findall(r"\bby \((\w+)\)", rule["expr"]):
            assert any(label in dict(pairs) for pairs in samples.values())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_metrics_are_named_as_prometheus_wants_it_and_the_page_names_none_that_is_not_there(samples):
    for name in samples:
        assert re.fullmatch(
            r"waybell_\w+_(total|seconds|bytes|info|bucket|sum|count)|waybell_(messages|endpoints|retry_jobs_running"
            r"|dispatcher_in_flight|dispatcher_shards|database_up)",
            name,
        ), name
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in samples}
    for name in re.findall(r"`(waybell_\w+)`", PAGE):
        assert name in families, name


def test_each_alert_is_explained_in_a_section_of_its_own_that_it_links_to():
    names = [rule["alert"] for rule in RULES]
    assert re.findall(r"^### (\w+)$", PAGE, re.MULTILINE) == names
    for rule in RULES:
        assert rule["annotations"]["runbook_url"] == f"docs/operating.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_the_expressions_are_what_prometheus_reads_as_far_as_brackets_go():
    for rule in RULES:
        for opening, closing in ("()", "{}", "[]"):
            assert rule["expr"].count(opening) == rule["expr"].count(closing), rule["alert"]


@cache
def logged() -> dict[str, tuple[str, set[str]]]:
    """The events that our code logs: the level of each, and its keys; every one has a name and no free text."""
    found: dict[str, tuple[str, set[str]]] = {}
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called, arguments = node.func, node.args
            if isinstance(called, ast.Name) and called.id == "partial" and arguments:
                called, arguments = arguments[0], arguments[1:]  # logged later
            if not isinstance(called, ast.Attribute) or called.attr not in LEVELS:
                continue
            if not isinstance(called.value, ast.Name) or called.value.id != "log":
                continue
            assert len(arguments) == 1, (path, node.lineno)
            assert isinstance(arguments[0], ast.Constant), (path, node.lineno)
            level = "error" if called.attr == "exception" else called.attr
            keys = {keyword.arg for keyword in node.keywords if keyword.arg}
            found[str(arguments[0].value)] = (level, keys)
    return found


def test_each_event_of_the_log_is_listed_with_its_level_and_no_other_is():
    listed = dict(re.findall(r"^\| `([\w.]+)` \| (\w+) \|", PAGE, re.MULTILINE))
    assert listed == {name: level for name, (level, _) in logged().items()}
    assert list(listed) == sorted(listed)
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", name) for name in listed)


def test_keys_that_the_page_puts_into_code_are_logged():
    for name, words in re.findall(r"^\| `([\w.]+)` \| \w+ \| (.*) \|$", PAGE, re.MULTILINE):
        known = logged()[name][1]
        for word in re.findall(r"`([a-z_]+)`", words):
            assert word in known, (name, word)


def test_the_settings_and_files_that_the_page_names_are_there():
    known = set(re.findall(r"WAYBELL_\w+", (ROOT / "docs" / "settings.md").read_text()))
    assert set(re.findall(r"WAYBELL_\w+", PAGE)) <= known
    for link in re.findall(r"\]\(((?!http)[^)#]+)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link
