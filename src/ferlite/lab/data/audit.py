"""What a dataset's own files do not tell: copies, contradictions, blanks, and images of no face.

docs/research/audit.md says how each is measured, and what was found in FER2013.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ferlite.lab.data import near_copies
from ferlite.lab.data.agreement import vote_agreement
from ferlite.lab.data.copies import identical_groups
from ferlite.lab.data.dataset import SPLITS, FaceDataset
from ferlite.lab.data.exclusions import Exclusion
from ferlite.lab.data.ferplus import Votes
from ferlite.lab.data.layout import VOTES

KINDS: Final = ("identical", "near", "mirrored")
"""Byte-identical; within a small distance; within it only when one of the two is mirrored."""
REASONS: Final = ("copy", "contradiction", "blank", "no face")
"""Why a row should not be used; see `Audit.exclusions`."""


class Copy(NamedTuple):
    """Two rows, the smaller first, that show the same image."""

    row: int
    other: int
    kind: str
    distance: float


@dataclass(frozen=True)
class Audit:
    """What was found.

    Attributes:
        summary: all counts, as plain Python values ready for JSON.
        copies: every pair of rows that are copies, in ascending order.
        exclusions: the rows that should not be used, in ascending order, with their reasons:
            "copy": a training row that shows the same image as a validation or test row, or the
            other way round;
            "contradiction": copies bear different labels, and this row's is not that of most;
            "blank": the image shows nothing;
            "no face": so say most of FER+'s votes.
    """

    summary: dict[str, Any]
    copies: list[Copy]
    exclusions: list[Exclusion]


def audit(dataset: FaceDataset, votes: Votes | None = None) -> Audit:
    """Look for everything in a dataset that makes its numbers untrustworthy.

    Args:
        dataset: uint8 gray images of one size, with labels and splits.
        votes: FER+'s, if the dataset is FER2013. Without them nothing is said about faces: at
            48×48 pixels, face detectors miss too many real ones.

    >>> coarse_HW = np.random.default_rng(0).integers(0, 256, (6, 6)).astype(np.uint8)
    >>> face_HW = coarse_HW.repeat(8, axis=0).repeat(8, axis=1)
    >>> images_NHW = np.stack([face_HW, face_HW.T, face_HW // 2])
    >>> faces = FaceDataset("made", images_NHW, np.array([3, 4, 3]), np.array([0, 0, 2], np.int8))
    >>> found = audit(faces)
    >>> found.copies[0].row, found.copies[0].other, found.copies[0].kind
    (0, 2, 'near')
    >>> [(exclusion.row, exclusion.reason) for exclusion in found.exclusions]
    [(0, 'copy'), (2, 'copy')]
    """
    blank_N = near_copies.is_blank(dataset.images_NHW)
    copies = find_copies(dataset.images_NHW)
    group_N = _groups(len(dataset), copies)
    exclusions = _leaks(dataset, copies) + _contradictions(dataset, group_N)
    exclusions += [
        Exclusion(int(row), "blank", "the image shows nothing") for row in np.flatnonzero(blank_N)
    ]
    no_face_N = None if votes is None else shows_no_face(votes)
    if no_face_N is not None:
        exclusions += [
            Exclusion(int(row), "no face", "most of FER+'s votes say so")
            for row in np.flatnonzero(no_face_N)
        ]
    exclusions.sort()
    identical = [copy for copy in copies if copy.kind == "identical"]
    summary = {
        "data": {"name": dataset.name, "sha256": dataset.sha256, "rows": len(dataset)},
        "settings": {
            "largest_distance": near_copies.LARGEST_DISTANCE,
            "smallest_cosine": near_copies.SMALLEST_COSINE,
            "blank_deviation": near_copies.BLANK_DEVIATION,
        },
        "classes": {
            split: {
                name: int((dataset.labels_N[dataset.rows(split)] == label).sum())
                for label, name in enumerate(dataset.classes)
            }
            for split in SPLITS
        },
        "copies": {
            kind: _where(dataset, [copy for copy in copies if copy.kind == kind]) for kind in KINDS
        }
        | {"any": _where(dataset, copies)},
        "contradictions": {
            "identical": _contradicting(dataset, _groups(len(dataset), identical)),
            "any": _contradicting(dataset, group_N),
        },
        "blank": _per_split(dataset, blank_N),
        "no_face": None if no_face_N is None else _per_split(dataset, no_face_N),
        "votes": None if votes is None else vote_agreement(dataset, votes),
        "exclusions": _per_reason(dataset, exclusions),
    }
    return Audit(summary, copies, exclusions)


def find_copies(images_NHW: NDArray[np.uint8]) -> list[Copy]:
    """Every pair of rows that are copies of any kind, in ascending order.

    Blank images count as copies only of byte-identical ones.
    """
    twins = {int(rows[0]): rows.tolist() for rows in identical_groups(images_NHW)}
    copies = [
        Copy(row, other, "identical", 0.0)
        for rows in twins.values()
        for row, other in combinations(rows, 2)
    ]
    later = [row for rows in twins.values() for row in rows[1:]]
    distinct = np.delete(np.arange(len(images_NHW)), later)
    found = near_copies.find_near_copies(images_NHW[distinct])
    for (a, b), distance, mirrored in zip(
        distinct[found.rows_P2].tolist(),
        found.distances_P.tolist(),
        found.mirrored_P.tolist(),
        strict=True,
    ):
        kind = "mirrored" if mirrored else "near"
        for pair in product(twins.get(a, [a]), twins.get(b, [b])):
            copies.append(Copy(min(pair), max(pair), kind, distance))
    return sorted(copies)


def shows_no_face(votes: Votes) -> NDArray[np.bool_]:
    """Rows without an image name, and those where more than half of the votes say "no face".

    >>> counts = np.array([[4, 0, 0, 0, 0, 0, 0, 0, 0, 6]])
    >>> shows_no_face(Votes(counts, np.array([True]), np.array([0], np.int8))).tolist()
    [True]
    """
    no_face_N = votes.counts_N10[:, VOTES.index("NF")]
    answer_N: NDArray[np.bool_] = ~votes.has_face_N | (2 * no_face_N > votes.counts_N10.sum(axis=1))
    return answer_N


def _groups(rows: int, copies: Sequence[Copy]) -> NDArray[np.int64]:
    """For each row the number of its group: rows that are copies of one another, or of a third."""
    ends = np.array([(copy.row, copy.other) for copy in copies], dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(rows, rows))
    _, group_N = connected_components(graph, directed=False)
    return np.asarray(group_N, dtype=np.int64)


def _where(dataset: FaceDataset, copies: Sequence[Copy]) -> dict[str, Any]:
    """How many pairs and groups there are, and how many rows of a split have a copy in another."""
    has_copy_NS = np.zeros((len(dataset), len(SPLITS)), dtype=bool)
    for copy in copies:
        has_copy_NS[copy.row, dataset.splits_N[copy.other]] = True
        has_copy_NS[copy.other, dataset.splits_N[copy.row]] = True
    sizes = np.bincount(_groups(len(dataset), copies))
    return {
        "pairs": len(copies),
        "rows": int(has_copy_NS.any(axis=1).sum()),
        "groups": int((sizes > 1).sum()),
        "largest_group": int(sizes.max(initial=0)) if copies else 0,
        "rows_of_with_copy_in": {
            split: {
                other: int(has_copy_NS[dataset.rows(split), column].sum())
                for column, other in enumerate(SPLITS)
            }
            for split in SPLITS
        },
    }


def _contradicting(dataset: FaceDataset, group_N: NDArray[np.int64]) -> dict[str, int]:
    """Groups of copies with more than one label, their rows, and those not labelled as most."""
    label_sets = _labels_of_groups(dataset, group_N)
    several_G = (label_sets > 0).sum(axis=1) > 1
    return {
        "groups": int(several_G.sum()),
        "rows": int(label_sets[several_G].sum()),
        "rows_without_majority_label": int(
            (several_G[group_N] & ~_of_most(dataset, group_N)).sum()
        ),
    }


def _labels_of_groups(dataset: FaceDataset, group_N: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each group's rows bear each label: int64 (groups, classes)."""
    counts_GK = np.zeros((group_N.max(initial=-1) + 1, len(dataset.classes)), dtype=np.int64)
    np.add.at(counts_GK, (group_N, dataset.labels_N), 1)
    return counts_GK


def _of_most(dataset: FaceDataset, group_N: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a row bears the label of more than half of its group; a row alone does."""
    counts_GK = _labels_of_groups(dataset, group_N)
    answer_N: NDArray[np.bool_] = (
        2 * counts_GK[group_N, dataset.labels_N] > counts_GK.sum(axis=1)[group_N]
    )
    return answer_N


def _contradictions(dataset: FaceDataset, group_N: NDArray[np.int64]) -> list[Exclusion]:
    counts_GK = _labels_of_groups(dataset, group_N)
    found = []
    for row in np.flatnonzero(~_of_most(dataset, group_N)).tolist():
        labels = ", ".join(
            f"{count} {name}"
            for name, count in zip(dataset.classes, counts_GK[group_N[row]].tolist(), strict=True)
            if count
        )
        own = dataset.classes[dataset.labels_N[row]]
        found.append(Exclusion(row, "contradiction", f"labelled {own}; with its copies: {labels}"))
    return found


def _leaks(dataset: FaceDataset, copies: Sequence[Copy]) -> list[Exclusion]:
    """Rows on both sides of a copy that lies across the border of the training split."""
    closest: dict[int, tuple[float, str, int]] = {}
    is_train = (dataset.splits_N == SPLITS.index("train")).tolist()
    for copy in copies:
        if is_train[copy.row] != is_train[copy.other]:
            for row, other in ((copy.row, copy.other), (copy.other, copy.row)):
                candidate = (copy.distance, copy.kind, other)
                closest[row] = min(closest.get(row, candidate), candidate)
    return [
        Exclusion(
            row,
            "copy",
            f"{kind}, distance {distance:.3f}, of {SPLITS[dataset.splits_N[other]]} row {other}",
        )
        for row, (distance, kind, other) in closest.items()
    ]


def _per_split(dataset: FaceDataset, is_so_N: NDArray[np.bool_]) -> dict[str, int]:
    return {split: int(is_so_N[dataset.rows(split)].sum()) for split in SPLITS}


def _per_reason(dataset: FaceDataset, exclusions: Sequence[Exclusion]) -> dict[str, dict[str, int]]:
    """For each split how many rows have each reason, and any."""
    counts = {}
    for number, split in enumerate(SPLITS):
        of_split = [e for e in exclusions if dataset.splits_N[e.row] == number]
        counts[split] = {
            reason: sum(e.reason == reason for e in of_split) for reason in REASONS
        } | {"any": len({e.row for e in of_split})}
    return counts
