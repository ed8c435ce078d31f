"""Settings: where they come from, what stops the start, and that the page about them is complete."""

from datetime import timedelta
from pathlib import Path

import pytest

from waybell.ground.errors import SetupError
from waybell.settings import Settings, as_text, load, page, sources

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_settings_page_is_what_the_settings_say():
    is_written = PAGE.read_text(encoding="utf-8") == page()
    assert is_written, "src/waybell/settings.py was changed: write docs/settings.md anew with `make settings-page`"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_means(name):
    assert Settings.model_fields[name].description


def test_the_secret_of_listen_is_no_setting_and_stops_no_other_command():
    assert load({"WAYBELL_LISTEN_SECRET": "whsec_x"}) == Settings()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_reads_back_what_it_shows(name):
    shown = as_text(Settings(), name)
    if shown:
        assert getattr(load({f"WAYBELL_{name.upper()}": shown}), name) == getattr(Settings(), name)


def test_the_environment_wins_over_the_file(tmp_path):
    file = tmp_path / "my.toml"
    file.write_text('port = 1\nhost = "::1"')
    environment = {"WAYBELL_CONFIG": str(file), "WAYBELL_PORT": "2"}
    settings = load(environment)
    assert (settings.port, settings.host) == (2, "::1")
    assert sources(environment) == {"port": "WAYBELL_PORT", "host": str(file)}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("POTR", "1", "Did you mean WAYBELL_PORT?"),
        ("PORT", "http", "port: "),
        ("PORT", "70000", "port: "),
        ("LEASE", "60", "lease: write a number with a unit"),
        ("LEASE", "20s", "lease must be at least 10s longer than attempt_timeout"),
        ("DATABASE_URL", "postgres://me@db/waybell", "database_url: write postgresql://"),
        ("ALLOWED_NETWORKS", "10.0.0.1/8", "allowed_networks"),
        ("NEW_ROUTE_STATUS", "Closed", "new_route_status: "),
        ("EVENT_NAMES", "RouteStarted", "event_names: write pairs"),
        ("CA_FILE", "nowhere.pem", "ca_file: nowhere.pem cannot be read: No such file"),
        ("CA_FILE", __file__, "holds no certificates; write them in PEM"),
        ("CONFIG", "nowhere.toml", "nowhere.toml, which does not exist"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_says_what_to_write(name, value, said):
    with pytest.raises(SetupError) as raised:
        load({f"WAYBELL_{name}": value})
    assert said in str(raised.value)


def test_a_file_that_is_not_toml_is_named(tmp_path):
    file = tmp_path / "my.toml"
    file.write_text("port = ")
    with pytest.raises(SetupError) as raised:
        load({"WAYBELL_CONFIG": str(file)})
    assert str(file) in str(raised.value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (timedelta(milliseconds=1), "1ms"),
        (timedelta(milliseconds=1500), "1500ms"),
        (timedelta(seconds=90), "90s"),
        (timedelta(hours=24), "1d"),
        (timedelta(hours=25), "25h"),
        (timedelta(), "0ms"),
    ],
)
def test_durations_are_shown_as_they_are_written(value, written):
    assert as_text(Settings(poll_interval=value), "poll_interval") == written


def test_pairs_are_shown_as_they_are_written():
    settings = load({"WAYBELL_EVENT_NAMES": "RouteStarted = RouteDispatched, RouteClosed=RouteDone"})
    assert settings.event_names == {"RouteStarted": "RouteDispatched", "RouteClosed": "RouteDone"}
    assert as_text(settings, "event_names") == "RouteStarted=RouteDispatched,RouteClosed=RouteDone"
