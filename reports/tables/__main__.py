"""Every table of the README and docs/, and the models' pages, made from results/ alone.

    python -m reports.tables           rewrite the tables in place
    python -m reports.tables --check   exit 1 if one differs from what results/ say

A table stands between `<!-- results:NAME -->` and `<!-- /results -->`; NAME is a key of `TABLES`.
"""

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ferlite.lab.data.audit_report import audit_table
from ferlite.lab.evaluate.across_tables import accuracies
from reports.chain import chain_table
from reports.frontier import FIGURE, draw, is_drawn
from reports.model_cards import model_pages
from reports.results import Results, read_results, shipped
from reports.tables import (
    accuracy,
    bulk,
    copies,
    efficiency,
    framing,
    frontier,
    headroom,
    honest,
    int8,
    labels,
    models,
    papers,
    people,
    photos,
    queue,
    robustness,
    serve,
    speed,
    temporal,
    tried,
    web,
)

ROOT: Final = Path(__file__).parents[2]
_BLOCK = re.compile(r"(<!-- results:(\w+) -->\n).*?(<!-- /results -->)", re.DOTALL)

TABLES: Final[dict[str, Callable[[Results], str]]] = {
    "models": models.models_table,
    "recall": models.recall_table,
    "label_sources": models.label_sources_table,
    "accuracy": accuracy.accuracy,
    "accuracy_shortened": accuracy.accuracy_shortened,
    "accuracy_ferplus": accuracy.accuracy_ferplus,
    "per_class": accuracy.per_class,
    "papers_summary": papers.summary,
    "papers_residual": papers.residual_readings,
    "papers_claims": papers.claims,
    "papers_latencies": papers.latencies,
    "papers_elsewhere": papers.claims_elsewhere,
    "papers_confusions": papers.confusions,
    "papers_agreement": papers.agreement,
    "papers_binary": papers.binary,
    "papers_binary_published": papers.binary_published,
    "papers_freezing": papers.freezing,
    "papers_ensembles": papers.ensembles,
    "papers_outlook": papers.outlook,
    "imbalance": accuracy.imbalance,
    "residual_ablation": accuracy.residual_ablation,
    "across": lambda r: accuracies(r["across"]["results"]),
    "audit": lambda r: audit_table(r["audit_fer2013"]),
    "honest_numbers": honest.honest_numbers,
    "near_copies": copies.near_copies_table,
    "copies_kept": copies.copies_kept_table,
    "efficiency": efficiency.efficiency,
    "latency": efficiency.latency,
    "latency_pairs": efficiency.latency_pairs,
    "runtime": efficiency.runtime,
    "loading": efficiency.loading,
    "training_speed": efficiency.training_speed,
    "peer_speed": speed.peer_speed,
    "peer_accuracy": speed.peer_accuracy,
    "peer_photos": speed.peer_photos,
    "pipeline": speed.pipeline,
    "margin": lambda r: framing.margin_table(r["margin"]),
    "framing_steps": lambda r: framing.steps_table(r["margin"]),
    "framing_tilted": lambda r: framing.tilted_table(r["margin"]),
    "framing_confusion": lambda r: framing.confusion_table(r["margin"]),
    "detectors": lambda r: photos.detectors_table(r["detectors"]),
    "detectors_time": lambda r: photos.detectors_time_table(r["detectors"]),
    "detectors_accuracy": lambda r: photos.detectors_accuracy_table(r["photos"]),
    "people": lambda r: people.people_table(r["people"]),
    "cuts": lambda r: people.cuts_table(r["people"]),
    "photos_sources": lambda r: photos.label_sources_table(r["photos"]),
    "photos_models": lambda r: photos.shipped_table(r["photos"]),
    "photos_recall": lambda r: photos.recall_table(r["photos"]),
    "photos_confusion": lambda r: photos.confusion_table(r["photos"]),
    "photos_calibration": lambda r: photos.calibration_table(r["photos"]),
    "photos_choice": lambda r: photos.cross_validation_table(r["photos"]),
    "photos_tau": lambda r: photos.tau_table(r["photos"]),
    "labels_models": labels.models_table,
    "labels_shipped": lambda r: labels.models_table({n: r[n] for n in shipped() if n in r}),
    "labels_photos": lambda r: labels.photos_table(r["margin"]),
    "labels_agreement": lambda r: labels.agreement_table(r["audit_fer2013"]),
    "robustness": robustness.robustness,
    "robustness_strengths": robustness.robustness_strengths,
    "framing_robustness": robustness.framing_robustness,
    "calibration": robustness.calibration,
    "robustness_short": robustness.robustness_short,
    "fuzz": robustness.fuzz,
    "int8": int8.int8,
    "int8_shipped": int8.int8_shipped,
    "int8_latency": int8.int8_latency,
    "temporal": lambda r: temporal.methods_table(r["temporal"]),
    "temporal_default": lambda r: temporal.default_table(r["temporal"]),
    "temporal_sets": lambda r: temporal.sets_table(r["temporal"]),
    "frontier": frontier.frontier_table,
    "goals": frontier.goals_table,
    "tried": tried.tried_table,
    "usual_faces": headroom.usual_faces_table,
    "headroom": lambda r: headroom.networks_table(r["headroom"]),
    "headroom_people": lambda r: headroom.people_table(r["headroom"]),
    "headroom_labels": lambda r: headroom.beside_people_table(r["headroom"]),
    "headroom_imagenet": lambda r: headroom.networks_table(r["headroom_imagenet"]),
    "headroom_vggface2": lambda r: headroom.networks_table(r["headroom_vggface2"]),
    "models_chain": lambda r: chain_table(shipped(), r),
    "serve": lambda r: serve.serve_table(r["serve"]),
    "bulk_speed": lambda r: bulk.bulk_speed(r["bulk"]),
    "bulk_goals": lambda r: bulk.bulk_goals(r["bulk"]),
    "bulk_model": lambda r: bulk.bulk_model(r["bulk"]),
    "bulk_kills": lambda r: bulk.bulk_kills(r["bulk_kills"]),
    "reading": lambda r: bulk.reading(r["reading"]),
    "web": lambda r: web.web_table(r["web"]),
    "training_queue": queue.training_queue,
}


def filled(text: str, results: Results) -> str:
    """`text` with every marked table made anew.

    Raises:
        KeyError: a marker names a table that `TABLES` does not have, or what it needs was not
            measured.
    """
    return _BLOCK.sub(lambda m: f"{m[1]}{TABLES[m[2]](results)}{m[3]}", text)


def documents(root: Path = ROOT) -> list[Path]:
    """The files that may hold tables."""
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


def main() -> None:
    """Rewrite or check the tables of the project."""
    parser = argparse.ArgumentParser(description="Make the tables of README and docs from results/")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if one differs")
    check = parser.parse_args().check
    results = read_results()
    stale = False
    pages = {path: filled(path.read_text(encoding="utf-8"), results) for path in documents()}
    for path, new in (pages | model_pages(results)).items():
        if not path.is_file() or path.read_text(encoding="utf-8") != new:
            stale = True
            print(f"{path.relative_to(ROOT)}: {'differs' if check else 'made anew'}")
            if not check:
                path.parent.mkdir(exist_ok=True)
                path.write_text(new, encoding="utf-8")
    if not is_drawn(results, FIGURE):
        stale = True
        print(f"{FIGURE.relative_to(ROOT)}: {'differs' if check else 'drawn anew'}")
        if not check:
            draw(results, FIGURE)
    if check and stale:
        sys.exit("tables differ from results/; run: python -m reports.tables")


if __name__ == "__main__":
    main()
