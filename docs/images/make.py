"""Make the photo of README and docs anew: what ferlite draws on examples/astronaut.jpg.

python docs/images/make.py
"""

from pathlib import Path

from PIL import Image

from ferlite import EmotionRecognizer
from ferlite.files import written_whole
from ferlite.media.draw import annotate
from ferlite.media.image import load

HERE = Path(__file__).parent
PHOTO = HERE.parents[1] / "examples" / "astronaut.jpg"


def main() -> None:
    """Draw what `ferlite predict examples/astronaut.jpg --save` draws."""
    image_HWC = load(PHOTO)
    drawn_HWC = annotate(image_HWC, EmotionRecognizer().recognize(image_HWC))
    with written_whole(HERE / "astronaut.jpg") as part:
        Image.fromarray(drawn_HWC).save(part, quality=90)


if __name__ == "__main__":
    main()
