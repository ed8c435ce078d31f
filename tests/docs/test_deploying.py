"""The files in `deploy/` agree with the code: the settings that they name, ports, paths and commands."""

import ipaddress
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
import typer
import yaml

from waybell.cli import app as cli
from waybell.settings import Settings, load

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNIT = (DEPLOY / "waybell.service").read_text()
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE = {path.name: yaml.safe_load(path.read_text()) for path in DEPLOY.glob("compose*.yml")}
OUR_SERVICES = [
    pytest.param(service, id=f"{file}-{name}")
    for file, document in COMPOSE.items()
    for name, service in document["services"].items()
    if service["image"] == "waybell"
]
COMMANDS = set(typer.main.get_command(cli).commands)  # type: ignore[attr-defined]
KEY = "bm90IGEga2V5IGZvciBhbnl0aGluZyBidXQgdGVzdHM="


def filled_in(text: str) -> str:
    """Put a value in for `${NAME:-default}` and `${NAME:?complaint}`, as Compose does."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    return re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: KEY if "KEY" in found[1] else "value.example", text)


def image_settings() -> dict[str, str]:
    return dict(re.findall(r"(WAYBELL_\w+)=(\S+)", DOCKERFILE))


# The unit for systemd


def test_the_unit_starts_a_command_and_names_settings_that_there_are():
    known = {f"WAYBELL_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"WAYBELL_\w+", UNIT)) <= known
    assert "ExecStart=/opt/waybell/bin/waybell serve\n" in UNIT


def test_the_unit_waits_for_as_long_as_a_stop_takes():
    waits = timedelta(seconds=int(re.search(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)[1]))
    assert waits > 2 * Settings().drain_timeout


def test_the_unit_lets_as_many_files_be_open_as_attempts_may_be_under_way():
    assert int(re.search(r"^LimitNOFILE=(\d+)$", UNIT, re.MULTILINE)[1]) > 4 * Settings().max_in_flight


def test_the_unit_writes_its_own_folder_alone_and_holds_no_privilege():
    """What matters most of the lines behind the rating below, also where systemd is not installed."""
    for line in (
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "PrivateTmp=yes",
        "PrivateDevices=yes",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "SystemCallFilter=@system-service",
        "User=waybell",
        "UMask=0077",
    ):
        assert f"\n{line}\n" in UNIT, line
    assert (
        f"\nEnvironment=WAYBELL_DATA_DIR=/var/lib/{re.search('^StateDirectory=(.+)$', UNIT, re.MULTILINE)[1]}\n" in UNIT
    )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_rates_the_exposure_of_the_unit_as_3_of_10_at_most():
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=30", "--no-pager"]
    done = subprocess.run([*command, str(DEPLOY / "waybell.service")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# The image


def test_the_image_copies_what_is_there_and_is_given_nothing_else():
    copied = [name for line in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()]
    given = re.findall(r"^!(\S+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    assert sorted(copied) == sorted(given)
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_has_settings_that_are_understood_and_its_ports_and_paths_are_those():
    settings = load(image_settings())
    assert f"\nVOLUME {settings.data_dir}\n" in DOCKERFILE
    assert f"\nEXPOSE {settings.port}\n" in DOCKERFILE
    assert f"http://127.0.0.1:{settings.port}/healthz" in DOCKERFILE
    assert settings.host == "0.0.0.0"


def test_the_image_runs_a_command_of_ours_and_not_as_root():
    assert re.search(r'^CMD \["(\w+)"\]$', DOCKERFILE, re.MULTILINE)[1] in COMMANDS
    users = set(re.findall(r"--[ug]id (\d+)", DOCKERFILE))
    assert len(users) == 1
    assert f"\nUSER {users.copy().pop()}:{users.pop()}\n" in DOCKERFILE


# Compose


@pytest.mark.parametrize("service", OUR_SERVICES)
def test_a_service_of_compose_has_settings_that_are_understood(service):
    settings = load(image_settings() | {name: filled_in(value) for name, value in service["environment"].items()})
    assert settings.public_url
    assert timedelta(seconds=int(service["stop_grace_period"].removesuffix("s"))) > 2 * settings.drain_timeout


@pytest.mark.parametrize("service", OUR_SERVICES)
def test_a_service_of_compose_runs_a_command_of_ours_and_may_do_nothing_else(service):
    assert set(service.get("command", ["serve"])) <= COMMANDS
    assert service["read_only"] is True
    assert "/tmp" in service["tmpfs"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["build"] == {"context": "..", "dockerfile": "deploy/Dockerfile"}


@pytest.mark.parametrize("file", COMPOSE)
def test_the_parts_of_a_compose_file_refer_to_each_other(file):
    document = COMPOSE[file]
    for service in document["services"].values():
        assert set(service.get("depends_on", ())) <= set(document["services"])
        assert set(service["networks"]) <= set(document["networks"])
        named = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert {name for name in named if not name.startswith(".")} <= set(document["volumes"])
        assert all((DEPLOY / name).exists() for name in named if name.startswith("."))


def test_on_sqlite_the_data_folder_is_the_volume_and_the_port_is_open_to_this_machine_alone():
    service = COMPOSE["compose.yml"]["services"]["waybell"]
    settings = load(image_settings())
    assert service["volumes"] == [f"data:{settings.data_dir}"]
    assert service["ports"] == [f"127.0.0.1:{settings.port}:{settings.port}"]


def test_on_postgresql_web_and_dispatch_are_one_installation_behind_a_proxy_that_is_trusted():
    services = COMPOSE["compose.postgres.yml"]["services"]
    assert services["web"]["environment"] == services["dispatch"]["environment"] == services["migrate"]["environment"]
    settings = load({name: filled_in(value) for name, value in services["web"]["environment"].items()})
    assert settings.database_url.endswith("@postgres/waybell")

    proxy = services["proxy"]
    address = proxy["networks"]["front"]["ipv4_address"]
    front = COMPOSE["compose.postgres.yml"]["networks"]["front"]["ipam"]["config"][0]
    assert settings.trusted_proxies == (ipaddress.ip_network(address),)
    assert ipaddress.ip_address(address) in ipaddress.ip_network(front["subnet"])
    assert ipaddress.ip_address(address) not in ipaddress.ip_network(front["ip_range"])
    assert proxy["environment"]["UPSTREAM"] == f"web:{load(image_settings()).port}"
    assert "ports" not in services["web"]
    assert COMPOSE["compose.postgres.yml"]["networks"]["back"] == {"internal": True}


def test_what_compose_asks_for_stands_in_the_page_and_never_in_the_repository():
    asked = {name for path in DEPLOY.glob("compose*.yml") for name in re.findall(r"\$\{(\w+):\?", path.read_text())}
    page = (ROOT / "docs" / "installing.md").read_text()
    assert all(f"{name}=" in page for name in asked)
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"/deploy/.env", "/deploy/waybell.env"} <= set(ignored)


# Proxies


@pytest.mark.parametrize("example", ["nginx.conf", "Caddyfile"])
def test_a_proxy_leads_to_the_port_of_waybell_and_keeps_inside_what_asks_for_no_key(example):
    text = (DEPLOY / example).read_text()
    assert f"127.0.0.1:{Settings().port}" in text
    assert all(path in text for path in ("/metrics", "/readyz", "/healthz"))


def test_nginx_takes_as_large_a_body_as_waybell_does():
    megabytes = int(re.search(r"client_max_body_size\s+(\d+)m;", (DEPLOY / "nginx.conf").read_text())[1])
    assert megabytes * 1024**2 > Settings().max_bulk_bytes
