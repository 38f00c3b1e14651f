"""How much of FER2013 is left to win: results/benchmarks/headroom.json.

    python benchmarks/headroom.py fer2013/ runs/ferlite_m/ferlite_m.onnx \\
        src/ferlite/classify/weights/ferlite_s.onnx src/ferlite/classify/weights/ferlite_xs.onnx

What the networks answer alone, with the mean over a face and its mirror image, and together; on how
many faces two of them agree; what ten people saw in the faces that all of them miss; and how well
labels can be guessed from what these people saw, and from that beside what the networks say. FER+'s
votes must lie beside the data. PublicTest alone; seconds to half a minute for a network.
"""

import argparse
import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.data.detect import load_dataset
from ferlite.lab.data.ferplus import shares_of_emotions
from ferlite.lab.evaluate.measure import predict, read_trained
from ferlite.lab.provenance import provenance
from ferlite.lab.train.votes import votes_of
from reports.beside_people import beside_people
from reports.headroom import headroom

RESULT = Path(__file__).parents[1] / "results" / "benchmarks" / "headroom.json"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how much is left to win.")
    parser.add_argument("data", type=Path, help="FER2013, with FER+'s votes beside it")
    parser.add_argument("models", type=Path, nargs="+", help="ONNX files, at least two")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    if len(arguments.models) < 2:
        parser.error("name at least two networks, so that there is something to compare")
    try:
        dataset = load_dataset(arguments.data)
        counts_N10 = votes_of(dataset, arguments.data).counts_N10
        learned, rows = dataset.rows("train"), dataset.rows("validation")
        faces = dataset.take(rows)
        shares_NK = shares_of_emotions(counts_N10[rows])
        turned = replace(faces, images_NHW=np.ascontiguousarray(faces.images_NHW[:, :, ::-1]))
        answers = {}
        for path in arguments.models:
            trained = read_trained(path)
            answers[path.stem] = (predict(trained, faces), predict(trained, turned))
            print(f"{path.stem} answered", flush=True)
        report = {
            "kind": "benchmark",
            "name": arguments.out.stem,
            "what": "networks alone and together on PublicTest, and what people see where all miss",
            "data": {"name": dataset.name, "sha256": dataset.sha256},
            "sha256": {p.stem: sha256(p.read_bytes()).hexdigest() for p in arguments.models},
            **headroom(faces, shares_NK, answers),
            "beside_people": beside_people(
                dataset.take(learned),
                counts_N10[learned],
                faces,
                counts_N10[rows],
                [straight for straight, _ in answers.values()],
            ),
            **provenance(),
        }
    except FerliteError as error:
        parser.exit(1, f"{error}\n")
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({k: report[k] for k in ("networks", "together", "beside_people")}, indent=1))


if __name__ == "__main__":
    main()
