"""In a real browser: every page, of an account with a bit of everything, is readable by everybody and runs no script of
others.
"""

import pytest

from support.browser import axe_violations
from support.endpoints import tools_of
from support.showcase import furnish

LOOKS = {
    "light, wide": {"color_scheme": "light", "viewport": {"width": 1360, "height": 850}},
    "dark, phone": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
}
ACTS = 90  # of the day: the orders, the routes, and a start


@pytest.fixture
def pages(server, me):
    return furnish(server.app, tools_of(server.app), me.actor, server.program.port, me.key, acts=ACTS).pages


# How a page looks does not depend on the database; tests/ui and tests/safety ask for every page on both.
@pytest.mark.parametrize("server", ["sqlite"], indirect=True, scope="session")
def test_every_page_is_accessible_fits_its_screen_and_runs_no_script_of_others(server, me, pages):
    found = []
    for look, options in LOOKS.items():
        page = me.open("admin", None, **options)
        for name, path in pages.items():
            page.goto(server.url + path)
            found += [f"{name} ({look}): {violation}" for violation in axe_violations(page)]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
                found.append(f"{name} ({look}): wider than the screen")
            assert page.title() != "taken over", name
    assert found == []
