"""A page for each model that ships, as Hugging Face has them: docs/reference/models/NAME.md.

    python -m reports.tables           writes them, with all tables

Everything on a page comes from the cards beside the weights and from results/. The header is
Hugging Face's metadata, written by its own library, so that a page may be put there as README.md.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from huggingface_hub import EvalResult, ModelCardData

from ferlite.classify import zoo
from ferlite.lab.markdown import markdown
from reports.chain import chain
from reports.results import Results

FOLDER: Final = Path(__file__).parents[1] / "docs" / "reference" / "models"
_INT8: Final = "_int8"
_FOR: Final = {
    "ferlite_m": "The default: right most often.",
    "ferlite_s": "The fast one (`--fast`).",
    "ferlite_xs": "The smallest, where every millisecond counts.",
}
_TEST_SETS: Final = (
    ("photos", "1,156 labelled photos", "default"),
    ("voted", "FER+ PrivateTest, majority of votes", '`labels="ferplus"`'),
    ("", "FER2013 PrivateTest", '`labels="fer2013"`'),
)
"""Where in a card the numbers of each test set are, what it is, and which answer is measured."""
_ID: Final = {"photos": "labelled_photos", "voted": "ferplus", "": "fer2013"}

Card = dict[str, Any]


def model_pages(results: Results) -> dict[Path, str]:
    """The page of every model, by its file."""
    names = [name for name in zoo.names() if not name.endswith(_INT8)]
    return {FOLDER / f"{name}.md": page(name, results) for name in names}


def page(name: str, results: Results) -> str:
    """A model's page, with the int8 form on it where that ships beside it."""
    forms = [each for each in (name, f"{name}{_INT8}") if each in zoo.names()]
    card = zoo.card(name)
    parts = [
        f"---\n{_metadata(name, card)}\n---\n",
        f"# {name}\n",
        f"{_FOR[name]} {_sentence(card['summary'].removesuffix('; int8'))}\n",
        _use(name),
        "## What it is for\n",
        "Reading which of seven expressions a face shows (angry, disgust, fear, happy, sad, "
        "surprise, neutral), as most people who look at the image would name it.\n",
        "## What it is not for\n",
        _list(card["not_for"]),
        "## Limits\n",
        _list(card["limits"]),
        "## How good it is\n",
        _results(forms),
        "A photo without a face that is found counts as wrong. Balanced accuracy is the mean of "
        "the recalls of the seven emotions. "
        f"To the photos {_fitted(card)}. Intervals: 95%.\n",
        "How often each emotion is recognised:\n",
        _recall(name, card, results),
        "More: [how good is it?](../../explanation/how-good.md), "
        "[robustness](../../research/robustness.md), [speed](../../research/speed.md).\n",
        "## How it was made\n",
        _made(name, card, results),
        "## Files\n",
        _files(forms),
        f"Licence: {card['licence']}.\n",
    ]
    return "\n".join(parts)


def _metadata(name: str, card: Card) -> str:
    measured = [(key, title, card[key] if key else card) for key, title, _ in _TEST_SETS]
    data = ModelCardData(
        model_name=name,
        license="apache-2.0",
        library_name="ferlite",
        pipeline_tag="image-classification",
        tags=["facial-expression-recognition", "emotion", "onnx"],
        metrics=["accuracy"],
        eval_results=[
            EvalResult(
                task_type="image-classification",
                dataset_type=_ID[key],
                dataset_name=title,
                dataset_split="test",
                metric_type="accuracy",
                metric_value=round(found["accuracy"], 4),
            )
            for key, title, found in measured
        ],
    )
    return str(data.to_yaml()).strip()


def _use(name: str) -> str:
    return (
        "```python\n"
        "from ferlite import EmotionRecognizer\n\n"
        f'recognizer = EmotionRecognizer("{name}")\n'
        'for face in recognizer.recognize("photo.jpg"):\n'
        "    print(face.emotion, face.confidence)\n"
        "```\n"
    )


def _list(items: Sequence[str]) -> str:
    return "".join(f"- {_sentence(item)}\n" for item in items)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].rstrip('.')}."


def _results(forms: Sequence[str]) -> str:
    rows = []
    for form in forms:
        card = zoo.card(form)
        for key, title, answer in _TEST_SETS:
            found = card[key] if key else card
            low, high = found["accuracy_ci95"]
            per_class = found.get("accuracy_per_class", {})
            mean = sum(per_class.values()) / len(per_class) if per_class else None
            balanced = found.get("balanced_accuracy", mean)
            rows.append(
                (
                    f"`{form}`",
                    title,
                    answer,
                    f"{found['accuracy']:.1%} ({low:.1%} to {high:.1%})",
                    f"{balanced:.1%}",
                    f"{found['expected_calibration_error']:.3f}",
                )
            )
    head = ("file", "test set", "answer", "accuracy", "balanced", "calibration error")
    return markdown(head, rows, left=3)


def _fitted(card: Card) -> str:
    return f"this was fitted: {card['photos']['fitted_on'].partition(': ')[2]}"


def _recall(name: str, card: Card, results: Results) -> str:
    photos = results["photos"]["models"][name]["photos"]["recall"]
    sets = [
        (title, photos if key == "photos" else (card[key] if key else card)["accuracy_per_class"])
        for key, title, _ in _TEST_SETS
    ]
    rows = [(title, *(f"{recall[each]:.0%}" for each in photos)) for title, recall in sets]
    return markdown(("", *photos), rows, left=1)


def _made(name: str, card: Card, results: Results) -> str:
    """The data, the trainings and what they took."""
    rows = card["data"]["rows"]
    trainings = [
        each
        for each in chain([name if name in results else f"{name}{_INT8}"], results)
        if each.get("kind") == "training"
    ]
    hours = sum(each["wall_time_s"] * each["hardware"]["cores"] for each in trainings) / 3600
    own = card["made"]["wall_time_s"] * card["made"]["hardware"]["cores"] / 3600
    return (
        f"Trained on {rows['train']:,} faces of FER2013, with its labels and FER+'s votes; "
        f"{card['data']['copies_dropped']} copies of validation and test faces and "
        f"{card['data']['faceless']} images without a face were left out. Epochs, temperatures and "
        "settings were chosen on PublicTest; the numbers above are of one model and one crop.\n\n"
        f"The last training took {own:.1f} hours of a CPU core, all {len(trainings)} trainings "
        f"that lead to it, its teachers' included, at most {hours:.0f}; no GPU was used. "
        "[Every step, with its command](../../research/models.md). "
        f"Random seed {card['made']['seed']}, "
        f"recipe `{card['recipe']['name']}` (SHA-256 `{card['recipe_sha256'][:12]}…`).\n"
    )


def _files(forms: Sequence[str]) -> str:
    rows = []
    for form in forms:
        card = zoo.card(form)
        weights = "int8" if "float32" in card else "float32"
        rows.append(
            (
                f"`{form}.onnx`",
                weights,
                card["input"],
                f"{card['bytes'] / 1e6:.1f} MB",
                f"{card['parameters']:,}",
                f"{card['multiply_adds'] / 1e6:.0f} million",
                f"`{card['sha256'][:12]}…`",
            )
        )
    head = ("file", "weights", "input", "size", "parameters", "multiply-adds", "SHA-256")
    return markdown(head, rows, left=3)
