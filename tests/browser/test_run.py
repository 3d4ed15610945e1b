"""A run in a real browser: its tree of files, its logs, its notes, and what is edited in place."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import User
from repos.models import Repository
from tests.browser.checking import check_page, watched
from tests.browser.conftest import SHOWN_RUN, Visitor
from tests.factories.tracking import START, make_artifact
from tracking.models import LatestMetric, Metric, MetricKey, Run
from tracking.selectors.run_page import tags_of
from tracking.services.runs import update_run
from tracking.services.tags import set_tags

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HERE = f"/alice/stones/experiments/1/runs/{SHOWN_RUN}"
NOTE = "mlflow.note.content"


@pytest.fixture
def files(tracked: None, repo: Repository) -> Run:
    """The shown run with folders in folders and two logs."""
    run = Run.objects.get(uuid=SHOWN_RUN)
    for path, content in (
        ("deep/er/one.txt", b"first words"), ("deep/er/two.txt", b"second words"), ("deep/a.txt", b"a"),
        ("logs/train.log", b"".join(b"\x1b[32mINFO\x1b[0m step %d\n" % n for n in range(1, 401))),
        ("logs/stdout.txt", b"10%\r100%\n\x1b[31m<b>red</b>\x1b[0m\n"),
    ):  # fmt: skip
        make_artifact(repo, run, path, content)
    return run


def test_the_tree_opens_in_place_and_shows_files_beside_it(files: Run, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    with watched(page) as troubles:
        page.goto(f"{HERE}/artifacts")
        page.evaluate("window.stayed = true")
        page.get_by_role("button", name="Contents of deep").click()
        page.get_by_role("button", name="Contents of er").click()
        page.get_by_role("link", name="one.txt").click()
        expect(page.locator("#run-shown")).to_contain_text("first words")
        assert page.url.endswith("/artifacts/deep/er/one.txt")
        expect(page.get_by_role("link", name="one.txt")).to_have_attribute("aria-current", "true")
        page.get_by_role("link", name="two.txt").click()
        expect(page.locator("#run-shown")).to_contain_text("second words")
        page.go_back()
        expect(page.locator("#run-shown")).to_contain_text("first words")
        assert page.evaluate("window.stayed") is True
        page.reload()
        expect(page.get_by_role("link", name="two.txt")).to_be_visible()
        expect(page.locator("#run-shown")).to_contain_text("first words")
    assert troubles == []


def test_the_tree_is_walked_with_arrows(files: Run, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(f"{HERE}/artifacts")
    page.get_by_role("link", name="deep").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("link", name="a.txt")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator("run-tree a[href$='/artifacts/deep/er']")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("link", name="deep")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("link", name="a.txt")).to_be_hidden()


def test_files_are_found_while_one_writes(files: Run, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(f"{HERE}/artifacts")
    page.get_by_label("Find files by name").press_sequentially("er two")
    expect(page.get_by_text("1 file.")).to_be_visible()
    page.get_by_role("link", name="deep/er/two.txt").click()
    expect(page.locator("#run-shown")).to_contain_text("second words")


def test_a_folder_is_downloaded_as_one_archive(files: Run, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(f"{HERE}/artifacts/deep")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as zip").click()
    assert download.value.suggested_filename == "deep.zip"
    assert download.value.path().read_bytes()[:2] == b"PK"


def test_a_log_stands_at_its_end_and_follows_the_run(
    tracked: None, repo: Repository, bob: User, visit: Visitor
) -> None:
    run = Run.objects.get(name="run-4")
    content = b"".join(b"line %d\n" % n for n in range(1, 301)) + b"half"
    make_artifact(repo, run, "logs/train.log", content)
    page = visit(bob)
    with watched(page) as troubles:
        page.goto(f"/alice/stones/experiments/1/runs/{run.uuid}/logs")
        expect(page.get_by_label("Follow")).to_be_checked()
        expect(page.locator("#L301")).to_be_in_viewport()
        make_artifact(repo, run, "logs/train.log", content + b" and whole\nnew line\n")
        expect(page.locator("#L301")).to_have_text("half and whole\n")
        expect(page.locator("#L302")).to_be_in_viewport()
        assert page.locator("run-log code > span").count() == 302
        update_run(repository=repo, run_id=run.uuid, status="FINISHED", end_time=run.start_time + 5000)
        expect(page.get_by_text("The run has ended: this is all.")).to_be_visible()
    assert troubles == []


def test_colours_of_a_log_are_drawn_and_lines_can_be_linked(files: Run, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(f"{HERE}/logs/logs/train.log#L7")
    expect(page.locator("#L7")).to_be_in_viewport()
    ink = page.locator("#L7 .nb-fg-2").evaluate("each => getComputedStyle(each).color")
    assert ink != page.locator("#L7").evaluate("each => getComputedStyle(each).color")
    page.get_by_label("Wrap lines").check()
    page.get_by_role("link", name="logs/stdout.txt").click()
    expect(page.locator("#L2")).to_have_text("<b>red</b>\n")


def test_notes_are_previewed_and_a_draft_survives(files: Run, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    with watched(page) as troubles:
        page.goto(f"{HERE}/notes")
        page.get_by_label("Notes").fill("Now **bolder** <script>alert(1)</script>")
        page.get_by_role("button", name="Preview").click()
        expect(page.locator("#run-notes-preview strong")).to_have_text("bolder")
        expect(page.get_by_text("Draft kept in this browser.")).to_be_visible()
        page.goto(HERE)
        page.goto(f"{HERE}/notes")
        expect(page.get_by_label("Notes")).to_have_value(
            "## Learnt\n\n- less is **more**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
        )
        page.get_by_role("button", name="Restore it").click()
        expect(page.get_by_label("Notes")).to_have_value("Now **bolder** <script>alert(1)</script>")
        page.get_by_label("Notes").press("Control+Enter")
        expect(page.locator("#notes strong")).to_have_text("bolder")
    assert troubles == []


def test_notes_of_two_people_are_both_kept(files: Run, repo: Repository, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(f"{HERE}/notes")
    page.get_by_label("Notes").fill("mine")
    set_tags(repository=repo, run_id=SHOWN_RUN, tags=[(NOTE, "theirs")])
    page.get_by_role("button", name="Save notes").click()
    expect(page.get_by_role("heading", name="Theirs")).to_be_visible()
    expect(page.get_by_label("Their notes")).to_have_text("theirs")
    assert tags_of(files)[NOTE] == "theirs"
    page.locator("textarea").fill("both")
    page.get_by_role("button", name="Save notes").click()
    expect(page.locator("#notes")).to_contain_text("both")


def test_a_tag_is_edited_and_parameters_are_found(files: Run, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    page.goto(HERE)
    page.get_by_label("Edit team").click()
    page.get_by_label("Value of team").fill("speech")
    page.locator("#tags").get_by_role("button", name="Save").click()
    expect(page.locator("#tags")).to_contain_text("speech")


def test_files_and_logs_work_without_javascript(files: Run, bob: User, visit: Visitor) -> None:
    page = visit(bob, scripts=False)
    page.goto(f"{HERE}/artifacts")
    page.get_by_role("link", name="deep").click()
    page.get_by_role("link", name="a.txt").click()
    expect(page.locator("#run-shown")).to_contain_text("deep/a.txt")
    page.goto(f"{HERE}/logs/logs/train.log")
    expect(page.locator("#L400")).to_contain_text("step 400")
    page.goto(f"{HERE}/notes")
    page.get_by_label("Notes").fill("*plain*")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#run-notes-preview em")).to_have_text("plain")
    page.get_by_role("button", name="Save notes").click()
    expect(page.locator("#notes em")).to_have_text("plain")


def test_the_pages_of_files_and_logs_pass_every_check(files: Run, bob: User, visit: Visitor) -> None:
    check_page(visit(bob), f"{HERE}/artifacts/deep/er/one.txt", picture="run-files")
    check_page(visit(bob), f"{HERE}/logs/logs/train.log", picture="run-logs")


@pytest.fixture
def wide(tracked: None, repo: Repository) -> Run:
    """A running run with 300 curves in a hundred sections."""
    run = Run.objects.get(name="run-4")
    keys = MetricKey.objects.bulk_create(
        MetricKey(repository=repo, name=f"part{n % 100:02}/m{n:03}") for n in range(300)
    )
    common = {"run_id": run.pk, "timestamp": START, "is_nan": False}
    LatestMetric.objects.bulk_create(LatestMetric(key=key, step=1, value=0.5, **common) for key in keys)
    Metric.objects.bulk_create(Metric(key=key, step=n, value=0.5, **common) for key in keys for n in (0, 1))
    return run


def test_long_lists_are_narrowed_in_place_and_stay_so_while_the_run_goes_on(
    wide: Run, repo: Repository, bob: User, visit: Visitor
) -> None:
    page = visit(bob)
    with watched(page) as troubles:
        page.goto(f"/alice/stones/experiments/1/runs/{wide.uuid}")
        rows = page.locator("#run-list-metric tbody tr")
        expect(rows).to_have_count(100)
        page.locator("#run-list-metric").get_by_role("link", name="Next").click()
        expect(page.locator("#run-list-metric")).to_contain_text("101–200")
        page.get_by_label("Find a metric").first.fill("m207")
        expect(rows).to_have_count(1)
        LatestMetric.objects.filter(run=wide, key__name="part07/m207").update(step=2, value=0.125)
        expect(rows).to_contain_text("0.125")
        expect(page.get_by_label("Find a metric").first).to_be_focused()
        expect(rows).to_have_count(1)
    assert troubles == []


def test_a_running_run_is_asked_ever_less_often_and_not_at_all_while_hidden(
    wide: Run, bob: User, visit: Visitor
) -> None:
    page = visit(bob)
    asked: list[int] = []
    page.on("response", lambda answer: asked.append(answer.status) if "live=1" in answer.url else None)
    page.clock.install()
    page.goto(f"/alice/stones/experiments/1/runs/{wide.uuid}")
    expect(page.locator("run-live")).to_be_visible()
    for _ in range(30):
        page.clock.run_for(4_000)
        page.wait_for_timeout(100)
    # Two minutes: after 3, 7.5, 14, 24, 39 seconds and each half minute from then on, not 24 times.
    assert 3 <= len(asked) <= 9
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    count = len(asked)
    page.clock.run_for(300_000)
    page.wait_for_timeout(300)
    assert len(asked) == count


def test_a_folded_section_opens_in_its_place_and_looks_like_the_others(wide: Run, bob: User, visit: Visitor) -> None:
    page = visit(bob)
    with watched(page) as troubles:
        page.goto(f"/alice/stones/experiments/1/runs/{wide.uuid}/metrics")
        expect(page.locator("hub-chart")).to_have_count(48)
        page.get_by_label("Log scale").check()
        page.get_by_role("link", name="part42").click()
        opened = page.locator("hub-chart[data-key^='part42/']")
        expect(opened).to_have_count(3)
        expect(opened.first).to_have_attribute("data-scale", "log")
        page.get_by_role("searchbox", name="Find a metric").fill("part99 m299")
        expect(page.locator("hub-chart")).to_have_count(1)
    assert troubles == []
