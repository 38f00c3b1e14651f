"""Each model has a page that Hugging Face can read and that says what the cards say."""

import pytest
from huggingface_hub import ModelCard

from ferlite.classify import zoo
from reports.model_cards import model_pages
from reports.results import Results, read_results


@pytest.fixture(scope="module")
def results() -> Results:
    return read_results()


def test_the_pages_are_the_ones_that_cards_and_results_give(results: Results) -> None:
    for path, text in model_pages(results).items():
        assert path.read_text(encoding="utf-8") == text, "run python -m reports.tables"


def test_every_model_is_on_a_page(results: Results) -> None:
    text = "".join(model_pages(results).values())
    assert all(f"`{name}.onnx`" in text for name in zoo.names())


@pytest.mark.parametrize("name", ["ferlite_m", "ferlite_s", "ferlite_xs"])
def test_its_header_is_metadata_with_the_measured_accuracy(name: str, results: Results) -> None:
    (text,) = (t for path, t in model_pages(results).items() if path.stem == name)
    data = ModelCard(text).data
    assert (data.license, data.pipeline_tag) == ("apache-2.0", "image-classification")
    found = {each.dataset_type: each.metric_value for each in data.eval_results}
    card = zoo.card(name)
    assert found["fer2013"] == pytest.approx(card["accuracy"], abs=1e-4)
    assert found["ferplus"] == pytest.approx(card["voted"]["accuracy"], abs=1e-4)
    assert found["labelled_photos"] == pytest.approx(card["photos"]["accuracy"], abs=1e-4)
