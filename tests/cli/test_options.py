"""Options and words that several commands share."""

import pytest

from ferlite.cli import options
from ferlite.errors import FerliteError


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            ModuleNotFoundError("no", name="torch"),
            r"needs the lab \(torch is missing\): pip install",
        ),
        (
            RuntimeError("operator torchvision::nms does not exist\nmore"),
            r"nms does not exist\); torch",
        ),
        (OSError("libcudart.so: cannot open"), "must be of one build: pip install"),
    ],
)
def test_why_the_lab_cannot_be_imported_is_one_sentence(error: Exception, words: str):
    with pytest.raises(FerliteError, match=words) as told, options.lab("training needs"):
        raise error
    assert "\n" not in str(told.value)
