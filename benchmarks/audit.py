"""What `ferlite audit` finds in FER2013, how long it takes, and which planted copies it finds.

    python benchmarks/audit.py PATH/TO/fer2013.csv.xz PATH/TO/fer2013new.csv

Writes results/benchmarks/audit_fer2013.json. Takes two minutes. "wall" depends on what else the
machine does; "cpu" is the processor time of all threads together.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.files import written_whole
from ferlite.lab.data.audit import audit
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.data.ferplus import check_same_rows, load_votes
from ferlite.lab.data.near_copies import LARGEST_DISTANCE, distance, find_near_copies
from ferlite.lab.provenance import provenance

RESULT = Path(__file__).parents[1] / "results" / "benchmarks" / "audit_fer2013.json"
PLANTED_OF_EACH = 400

Image = NDArray[np.uint8]


def warped(
    image: Image, *, right: float = 0, down: float = 0, zoom: float = 1, degrees: float = 0
) -> Image:
    matrix = cv2.getRotationMatrix2D((23.5, 23.5), degrees, zoom)
    matrix = matrix + np.array([[0, 0, right], [0, 0, down]])
    moved = cv2.warpAffine(image, matrix, image.shape[::-1], borderMode=cv2.BORDER_REFLECT)
    return moved.astype(np.uint8)


def jpeg(image: Image, quality: int) -> Image:
    _, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


CHANGES: dict[str, Callable[[Image], Image]] = {
    "brighter, less contrast": lambda image: (image * 0.7 + 60).astype(np.uint8),
    "JPEG, quality 30": lambda image: jpeg(image, 30),
    "shifted by a pixel": lambda image: warped(image, right=1),
    "shifted by two, both ways": lambda image: warped(image, right=2, down=-2),
    "mirrored": lambda image: image[:, ::-1],
    "mirrored, shifted by a pixel, JPEG": lambda image: jpeg(
        warped(image[:, ::-1].copy(), down=1), 60
    ),
    "zoomed by 3%": lambda image: warped(image, zoom=1.03),
    "zoomed by 6%": lambda image: warped(image, zoom=1.06),
    "zoomed by 10%": lambda image: warped(image, zoom=1.1),
    "rotated by 3 degrees": lambda image: warped(image, degrees=3),
    "rotated by 10 degrees": lambda image: warped(image, degrees=10),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="FER2013, as a table")
    parser.add_argument("votes", type=Path, help="FER+'s votes, fer2013new.csv")
    arguments = parser.parse_args()
    faces, votes = load_fer2013(arguments.data), load_votes(arguments.votes)
    check_same_rows(votes, faces, arguments.votes)
    wall, cpu = time.perf_counter(), time.process_time()
    found = audit(faces, votes)
    seconds = {
        "wall": round(time.perf_counter() - wall, 1),
        "cpu": round(time.process_time() - cpu, 1),
    }
    report = {
        "kind": "audit",
        **found.summary,
        "seconds": seconds,
        "planted": planted(faces.images_NHW),
        **provenance(),
    }
    with written_whole(RESULT) as part:
        part.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps({"seconds": seconds, "planted": report["planted"]}, indent=1))


def planted(images_NHW: NDArray[np.uint8]) -> list[dict[str, Any]]:
    """Change some faces, put them among all others, and see which are found again.

    "near" is the share whose distance is small enough; "found" the share that the search finds,
    which measures only likely pairs.
    """
    random = np.random.default_rng(0)
    size = min(PLANTED_OF_EACH, len(images_NHW))
    rows = [random.choice(len(images_NHW), size, replace=False) for _ in CHANGES]
    copies = [
        np.stack([change(images_NHW[row]) for row in chosen])
        for change, chosen in zip(CHANGES.values(), rows, strict=True)
    ]
    found = find_near_copies(np.concatenate([images_NHW, *copies]))
    pairs = set(map(tuple, found.rows_P2.tolist()))
    shares, first = [], len(images_NHW)
    for name, chosen, changed in zip(CHANGES, rows, copies, strict=True):
        flip = -1 if name.startswith("mirrored") else 1
        near = [
            distance(images_NHW[row], copy[:, ::flip]) <= LARGEST_DISTANCE
            for row, copy in zip(chosen, changed, strict=True)
        ]
        hits = [(row, first + at) in pairs for at, row in enumerate(chosen.tolist())]
        shares.append(
            {
                "change": name,
                "near": round(float(np.mean(near)), 4),
                "found": round(float(np.mean(hits)), 4),
            }
        )
        first += size
    return shares


if __name__ == "__main__":
    main()
