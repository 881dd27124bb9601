"""The report says what is true, shows what it says, needs nothing else, and holds with any data."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from pellucid.inspection.contributions import signed
from pellucid.inspection.mistakes import confusions
from pellucid.report.document import write_report
from pellucid.storage.errors import StorageError

VOID = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """A strict reader: every tag is closed in order, every id is there once."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.tags, self.text, self.headings = [], [], [], [], [], []
        self.feed(text)
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self.open.append(tag)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "a":
            self.links.append(attributes["href"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another tag"

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text.append(data)


def written(tmp_path, arguments):
    path = tmp_path / "report.html"
    write_report(path, **arguments)
    text = path.read_text("utf-8")
    return text, Page(text)


def plain(page):
    return " ".join("".join(page.text).replace("\u202f", " ").replace("\u00a0", " ").split())


def test_the_first_sentence_is_the_accuracy_on_the_test_part(tmp_path, make_run):
    arguments = make_run()
    text, page = written(tmp_path, arguments)
    e = arguments["evaluations"]["test"]
    low, high = e.interval
    said = plain(page)
    assert f"It is right on {100 * e.accuracy:.1f} % of new pictures." in said
    assert f"{e.correct.sum()} of 40 test pictures" in said
    assert f"between {100 * low:.1f} % and {100 * high:.1f} %" in said
    assert "Always answering “class 0”, the most common class, would be right on 25.0 %" in said
    assert "pellucid train photos/ --model softmax --seed 0" in said
    assert text.startswith("<!DOCTYPE html>")


def test_all_sections_are_there_and_every_link_leads_somewhere(tmp_path, make_run):
    _, page = written(tmp_path, make_run(noise=400))
    for anchor in (
        "confusion", "mistakes", "close", "classes", "templates", "calibration", "learning", "recipe", "checks",
        "data", "seen", "timings",
    ):  # fmt: skip
        assert anchor in page.ids
    assert len(set(page.ids)) == len(page.ids)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)


def test_of_the_recipe_is_told_what_was_decided(tmp_path, make_run):
    text = plain(written(tmp_path, make_run())[1])
    assert "learning rate" in text
    assert "class weight" not in text  # None: nothing was asked for


def test_nothing_is_asked_of_the_network_and_no_script_is_needed(tmp_path, make_run):
    text, page = written(tmp_path, make_run())
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert not any(tag in ("script", "iframe", "object") for tag, _ in page.tags)
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("src", "data:").startswith("data:")
    assert all(url.startswith("data:image/") for url in re.findall(r'url\("([^"]*)', text))
    assert "default-src 'none'" in text


def test_it_can_be_read_by_those_who_do_not_see(tmp_path, make_run):
    _, page = written(tmp_path, make_run())
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))
    for tag, attributes in page.tags:
        if tag == "img":
            assert attributes.get("alt")
        if tag == "svg" or attributes.get("role") == "img":
            assert attributes.get("aria-label") or attributes.get("title")
        if tag == "th":
            assert attributes.get("scope") in ("row", "col")
    tables = sum(tag == "table" for tag, _ in page.tags)
    assert tables == sum(tag == "caption" for tag, _ in page.tags)
    assert [tag for tag, _ in page.tags].count("main") == 1
    assert ("html", {"lang": "en"}) in page.tags


def test_each_cell_of_the_matrix_has_its_number_and_its_list(tmp_path, make_run):
    arguments = make_run(noise=400)
    text, page = written(tmp_path, arguments)
    e = arguments["evaluations"]["test"]
    assert (~e.correct).sum() >= 3  # else the test could not fail
    for true in range(4):
        for said in range(4):
            n = e.confusion[true, said]
            links = re.findall(rf'<a href="#cell-{true}-{said}" title="[^"]*">([\d,]+)</a>', text)
            assert links == ([str(n)] if n else [])
            assert (f"cell-{true}-{said}" in page.ids) == (n > 0)
    worst = confusions(e)[0]
    assert f"class {worst.true}, called class {worst.said}: {worst.count} picture" in plain(page)


def test_the_receipts_on_the_page_add_up(tmp_path, make_run):
    arguments = make_run(noise=400)
    text, _ = written(tmp_path, arguments)
    cell = r'<td class="n">([+−]?[\d.]+)</td>'
    rows = re.findall(rf'<tr><th scope="row">(class \d)</th>{cell * 3}<td class="n">[^<]*</td></tr>', text)
    rows = [row for row in rows if "." in row[3]]  # without the table of counts
    assert len(rows) >= 12
    shown = lambda cell: float(cell.replace("−", "-"))
    for _, bias, contributions, score in rows:
        assert shown(bias) + shown(contributions) == pytest.approx(shown(score), abs=0.0016)
    e = arguments["evaluations"]["test"]
    scores = {signed(float(s), 3) for s in e.scores.ravel()}
    assert all(score in scores for *_, score in rows)


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (("train", "validation"), "validation pictures, which it was not trained on; but they decided"),
        (("train",), "pictures that it was trained on, which says little about new ones"),
        (("train", "test"), "test pictures, none of which it had seen before"),
    ],
)
def test_a_missing_part_changes_what_is_claimed(tmp_path, make_run, parts, sentence):
    _, page = written(tmp_path, make_run(parts=parts))
    assert sentence in plain(page)
    assert ("new pictures." in plain(page)) == ("test" in parts)


def test_without_any_evaluation_it_says_so(tmp_path, make_run):
    _, page = written(tmp_path, make_run() | {"evaluations": {}})
    assert "Nothing has been measured yet." in plain(page)
    assert "templates" in page.ids
    assert "confusion" not in page.ids


def test_without_any_record_it_is_still_a_page(tmp_path, make_run):
    _, page = written(tmp_path, make_run() | {"events": [], "run": {}})
    for anchor in ("learning", "checks", "timings"):
        assert anchor not in page.ids
    broken = {
        "result": 3,
        "recipe": [],
        "checks": ["x"],
        "versions": None,
        "data": {"notes": 1, "unreadable": [[1]]},
    }
    events = [{"event": "epoch"}, {"event": "epoch", "epoch": 1, "loss": None}]
    _, page = written(tmp_path, make_run() | {"events": events, "run": broken})
    assert "checks" not in page.ids


@pytest.mark.parametrize("shape", [(8, 8, 1), (5, 11, 3), (1, 1, 3), (70, 90, 3)])
@pytest.mark.parametrize("classes", [2, 5])
def test_any_size_of_picture(tmp_path, make_run, shape, classes):
    _, page = written(tmp_path, make_run(classes, shape, n=60))
    assert {"templates", "seen", "mistakes" if "mistakes" in page.ids else "close"} <= set(page.ids)


def test_rows_of_numbers_have_no_pictures_but_reasons(tmp_path, make_run):
    text, page = written(tmp_path, make_run(3, (12,), n=90, noise=120))
    assert "seen" not in page.ids
    assert "It is right on" in plain(page)
    assert "of new examples." in plain(page)
    assert re.search(r"For: number \d+ \+\d", plain(page))
    assert "The strongest weights" in text
    assert "picture" not in plain(page).replace("It contains small copies of the pictures", "")


def test_a_hundred_classes(tmp_path, make_run):
    text, page = written(tmp_path, make_run(100, (8, 8, 3), n=3000, noise=200))
    assert "100 × 100 classes" in plain(page)
    assert all(link[1:] in page.ids for link in page.links)
    assert len(text) < 3_000_000


def test_names_and_paths_are_shown_never_obeyed(tmp_path, make_run):
    evil = ("<script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "a&b", "été 猫")
    arguments = make_run(names=evil, noise=400)
    dataset = replace(
        arguments["dataset"],
        name="<b>photos</b>",
        source="</code><script>",
        origins=[f"photos/<i>{i}\udcff'\".jpg" for i in range(120)],
        unreadable=(("<u>x</u>.jpg", "<script>no</script>"),),
        notes=("<script>note</script>",),
    )
    run = arguments["run"] | {"command": "pellucid </pre><script>", "recipe": {"<s>": "<script>"}}
    text, page = written(tmp_path, arguments | {"dataset": dataset, "run": run})
    assert not {"script", "i", "u", "s"} & {tag for tag, _ in page.tags if tag != "i" or _}
    assert all(attributes.get("src", "data:").startswith("data:") for _, attributes in page.tags)
    assert "<script>alert(1)</script>" in plain(page)
    assert "&lt;script&gt;note" in text
    assert "\\udcff" in text or "\\xff" in text
    assert 'onerror="' not in text


def test_everything_right_is_not_a_mistake_in_the_page(tmp_path, make_run):
    _, page = written(tmp_path, make_run(noise=1))
    assert "mistakes" not in page.ids
    assert "every one of these verdicts is right" in plain(page)


def test_not_better_than_the_most_common_class_is_said_plainly(tmp_path, make_run):
    arguments = make_run()
    arguments["classifier"].params["weight"][:] = 0
    scores = np.zeros((40, 4), np.float32)
    e = replace(
        arguments["evaluations"]["test"], scores=scores, probabilities=np.full((40, 4), 0.25, np.float32)
    )
    _, page = written(tmp_path, arguments | {"evaluations": {"test": e}})
    assert "not clearly better than always answering" in plain(page)


def test_unreadable_files_are_all_named(tmp_path, make_run):
    arguments = make_run()
    bad = tuple((f"photos/{i}.jpg", "cut short") for i in range(3))
    _, page = written(tmp_path, arguments | {"dataset": replace(arguments["dataset"], unreadable=bad)})
    assert "3 files could not be read and were left out" in plain(page)
    assert all(path in plain(page) for path, _ in bad)


def test_the_curves_have_a_table_with_the_same_numbers(tmp_path, make_run):
    _, page = written(tmp_path, make_run())
    assert "kept: epoch 4" in plain(page)
    for e in range(6):
        assert f"{2 / (e + 1):.4f}" in plain(page)


def test_a_disk_that_refuses_leaves_what_was_there(tmp_path, make_run):
    with pytest.raises(StorageError, match="does not exist"):
        write_report(tmp_path / "nowhere" / "report.html", **make_run())
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(AttributeError):
        write_report(path, **(make_run() | {"classifier": None}))
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_the_same_run_gives_the_same_bytes(tmp_path, make_run):
    first, _ = written(tmp_path, make_run())
    second, _ = written(tmp_path, make_run())
    assert first == second


def test_ten_thousand_pictures_take_little_room(tmp_path, make_run):
    arguments = make_run(10, (32, 32, 3), n=12_000, parts=("test",), noise=400)
    arguments["dataset"].split[:200] = 0
    text, _ = written(tmp_path, arguments)
    assert len(text) < 3_000_000
