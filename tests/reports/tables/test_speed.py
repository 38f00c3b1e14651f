"""Times on two processors stand side by side, each beside fer's on the same one."""

from reports.tables.speed import peer_processors


def _run(processor, *instructions, **medians):
    # Every time is of fer and of our networks; fer takes 2.
    found = {
        name: {"median": median, "ratio": median / 2}
        for name, median in {"fer, default": 2.0, **medians}.items()
    }
    keys = ("one_face_ms", "batch_of_64_ms", "photo_ms", "import_s")
    return {
        **dict.fromkeys(keys, found),
        "hardware": {"processor": processor, "instructions": list(instructions)},
    }


def test_each_processor_has_its_medians_and_ratios():
    results = {
        "peer_fer": _run("Intel(R) Xeon(R) Processor", "avx2", "amx_bf16", ours=1.0, gone=9.0),
        "peer_fer_other": _run("AMD EPYC", "avx2", ours=0.5),
        "peer_fer_photos": {"photos": {}, "hardware": {"processor": "without times"}},
        "robustness": {},
    }
    head, _, *rows = peer_processors(results).splitlines()
    assert head == (
        "| what | who | Intel Xeon with AMX | AMD EPYC | to fer, Intel Xeon with AMX "
        "| to fer, AMD EPYC |"
    )
    assert "| one face, in memory | fer, default | 2 ms | 2 ms | 1.00 | 1.00 |" in rows
    assert "| import | ours | 1 s | 0.5 s | 0.50 | 0.25 |" in rows
    assert not any("gone" in row for row in rows)
