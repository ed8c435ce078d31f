"""The page of the board: its frame, and how its modules are served."""

import re

from waybell.web.ui.render import STATIC, modules


def test_the_page_loads_every_module_from_one_folder_that_is_named_by_its_content(ui):
    page = ui.get("/board").text
    urls = modules("board")
    assert len(urls) == len(list((STATIC / "board").iterdir()))
    assert re.fullmatch(r"/static/board@[0-9a-f]{12}/main\.js", urls[0])
    assert f'<script type="module" src="{urls[0]}"></script>' in page
    for url in urls:
        assert f'<link rel="modulepreload" href="{url}">' in page
        answer = ui.get(url)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert "javascript" in answer.headers["content-type"]
        imported = re.findall(r'from "\./([\w.]+)"|import "\./([\w.]+)"', answer.text)
        assert {name for pair in imported for name in pair if name} <= {one.rpartition("/")[2] for one in urls}


def test_a_viewer_gets_the_board_without_acts(ui_as):
    page = ui_as("viewer").get("/board").text
    assert 'data-may-act="no"' in page
    assert 'data-act="assign"' not in page
