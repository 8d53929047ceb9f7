"""Loading images: what an engine lacks is sent, once; what it has is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.errors import FleetError
from fleet.images.loading import LoadReport, choose, content_ref, load, make_plan
from fleet.load.__main__ import main
from fleet.testing.engine import FakeEngine
from fleet.testing.layouts import write_layout


def load_all(images: Path, engine: FakeEngine, *slugs: str) -> LoadReport:
    """Load images as the program does."""
    return load(make_plan(choose(images, slugs), engine.images()), engine)


def test_all_images_come_in_one_load(tmp_path: Path) -> None:
    """Every image is there afterwards, under a name made of its content; shared layers go once."""
    engine = FakeEngine()
    first = write_layout(tmp_path, "nlu_agent", "base", "common", "nlu")
    second = write_layout(tmp_path, "responder", "base", "common", "responder")

    report = load_all(tmp_path, engine)

    assert engine.loads == 1
    assert (report.sent_layers, report.skipped_layers) == (4, 0)
    assert {ref for image in engine.images() for ref in image.refs} == {
        content_ref("nlu_agent", first.image_id),
        content_ref("responder", second.image_id),
    }


def test_nothing_new_sends_nothing(tmp_path: Path) -> None:
    """A second load finds everything there and does not talk to the engine again."""
    engine = FakeEngine()
    write_layout(tmp_path, "nlu_agent", "base", "nlu")
    load_all(tmp_path, engine)

    report = load_all(tmp_path, engine)

    assert engine.loads == 1
    assert (report.loaded, report.sent_bytes) == ((), 0)
    assert len(report.present) == 1


def test_a_change_sends_its_layer_only(tmp_path: Path) -> None:
    """After a change of the topmost layer, that layer is all that is sent."""
    engine = FakeEngine()
    write_layout(tmp_path / "old", "nlu_agent", "base", "common", "nlu")
    load_all(tmp_path / "old", engine)
    image = write_layout(tmp_path / "new", "nlu_agent", "base", "common", "better")

    report = load_all(tmp_path / "new", engine)

    assert (report.sent_layers, report.skipped_layers) == (1, 2)
    assert report.sent_bytes == image.layers[2].size


def test_named_images_only(tmp_path: Path) -> None:
    """Only what is named is loaded; hyphens are as good as underscores."""
    engine = FakeEngine()
    write_layout(tmp_path, "nlu_agent", "base")
    write_layout(tmp_path, "responder", "base", "responder")

    report = load_all(tmp_path, engine, "nlu-agent")

    assert [ref.partition(":")[0] for ref in report.loaded] == ["nlu_agent"]


def test_an_unknown_image_is_told(tmp_path: Path) -> None:
    """A name that is nearly right gives the right one as a hint."""
    write_layout(tmp_path, "nlu_agent", "base")

    with pytest.raises(FleetError, match="must hold an image nlu_agnet") as caught:
        choose(tmp_path, ["nlu_agnet"])

    assert caught.value.hint == "Did you mean nlu_agent?"


def test_a_missing_layer_is_told(tmp_path: Path) -> None:
    """A layer that is gone from disk breaks the load with its path."""
    image = write_layout(tmp_path, "nlu_agent", "base")
    (tmp_path / ".blobs" / image.layers[0].digest.hex).unlink()

    with pytest.raises(Exception, match="must be a layer of nlu_agent, found nothing"):
        load_all(tmp_path, FakeEngine())


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True), min_size=1, max_size=4
    )
)
def test_any_images_in_any_order_load(
    tmp_path_factory: pytest.TempPathFactory, stacks: list[list[str]]
) -> None:
    """Whatever layers images share, one after another or at once: the engine takes them."""
    images = tmp_path_factory.mktemp("images")
    one_by_one, at_once = FakeEngine(), FakeEngine()
    for number, stack in enumerate(stacks):
        write_layout(images, f"agent_{number}", *stack)
        load_all(images, one_by_one, f"agent_{number}")

    load_all(images, at_once)

    assert one_by_one.held == at_once.held


def test_no_engine_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without an engine there is a sentence and a hint, not a traceback."""
    write_layout(tmp_path, "nlu_agent", "base")

    code = main(["--images", str(tmp_path), "--host", f"unix://{tmp_path}/none.sock"])

    assert code == 1
    assert f"unix://{tmp_path}/none.sock: must be a docker engine" in capsys.readouterr().err


def test_the_report_is_data() -> None:
    """A report can be written as JSON."""
    report = LoadReport(("a:1",), (), 2, 1, 300, 0.5)

    assert json.loads(json.dumps(report.document()))["sent_bytes"] == 300
