"""The report in a real Chromium, where there is one: it runs our script, and nobody else's."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from fd_trainer.report.page import write_report
from support.sample_night import write_night

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
ATTACK = (
    "<script>document.title = 'owned'</script>"
    "<img src='data:,x' onerror=\"document.title = 'owned'\">"
    "<style>body { display: none }</style>"
)


def opened(page: Path, home: Path) -> tuple[str, str]:
    """The page's DOM after its scripts ran, and what the browser's console said."""
    assert CHROMIUM
    ran = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
         f"--user-data-dir={home}", "--virtual-time-budget=2000", "--dump-dom", page.as_uri()],
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ran.stdout, ran.stderr
    return ran.stdout, "\n".join(re.findall(r"CONSOLE.*", ran.stderr))


def test_the_page_is_let_in_whole(tmp_path: Path) -> None:
    folder = write_night(tmp_path / "n", statement=ATTACK)
    dom, console = opened(Path(write_report(folder).report), tmp_path / "home")
    assert "Content Security Policy" not in console, console
    assert "<title>owned" not in dom
    assert "copy this proof" in dom


def test_what_slips_through_the_escaping_is_refused(tmp_path: Path) -> None:
    """The attack written into the page itself, as if a template had forgotten to escape."""
    page = Path(write_report(write_night(tmp_path / "n")).report)
    page.write_text(page.read_text().replace("<h2>Newly closed", ATTACK + "<h2>Newly closed"))
    dom, console = opened(page, tmp_path / "home")
    assert "<title>owned" not in dom
    assert console.count("Content Security Policy") >= 3, console
