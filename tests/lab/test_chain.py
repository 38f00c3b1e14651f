"""What ships is made again by naming the steps that led to it."""

from typing import Any

from ferlite.lab.chain import chain, chain_table, command


def run(name: str, *teachers: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "training",
        "name": name,
        "teachers": [{"from": f"{teacher}.ckpt", "sha256": "0"} for teacher in teachers],
        "epochs_run": 3,
        "wall_time_s": 60,
        "hardware": {"processor": "a processor"},
        "recipe": {"training": {"precision": "32"}},
        "validation": {"accuracy": 0.5},
        "test": {"accuracy": 0.25},
        **more,
    }


RESULTS = {
    r["name"]: r for r in (run("small", "middle", "large"), run("middle", "large"), run("large"))
}


def test_teachers_come_before_their_students_and_once() -> None:
    assert [r["name"] for r in chain(["small"], RESULTS)] == ["large", "middle", "small"]
    assert [r["name"] for r in chain(["large", "small"], RESULTS)] == ["large", "middle", "small"]


def test_a_command_names_teachers_and_first_weights() -> None:
    assert command(RESULTS["middle"]) == (
        "ferlite train middle --data fer2013.csv --out runs/middle "
        "--teacher runs/large/checkpoints/best.ckpt"
    )
    begun = run("a", initial_weights={"from": "b.safetensors"})
    assert command(begun).endswith("--out runs/a --weights b.safetensors")


def test_the_run_that_a_run_began_from_comes_before_it() -> None:
    first = {"name": "large", "from": "best.ckpt", "sha256": "0"}
    results = RESULTS | {"more": run("more", initial_weights=first)}
    assert [r["name"] for r in chain(["more"], results)] == ["large", "more"]
    assert command(results["more"]).endswith("--weights runs/large/checkpoints/best.ckpt")


def test_a_teacher_s_name_counts_before_its_file_s() -> None:
    student = run("s", teachers=[{"name": "large", "from": "best.ckpt", "sha256": "0"}])
    assert "runs/large/checkpoints/best.ckpt" in command(student)


def test_the_table_says_what_ships() -> None:
    lines = chain_table(["small", "small_int8"], RESULTS).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        "| `large`",
        "| `middle`",
        "| `small` (ships)",
    ]
    assert "| 3 | 1 min | a processor, 32 | 50.0% | 25.0% |" in lines[2]
    assert "Nothing ships" in chain_table(["else"], RESULTS)


def test_what_ships_in_int8_alone_has_its_training_in_the_table() -> None:
    results = RESULTS | {"small_int8": run("small_int8", "middle", kind="quantisation")}
    assert [r["name"] for r in chain(["small_int8"], results)] == [
        "large", "middle", "small", "small_int8",
    ]  # fmt: skip
    assert "`small` (ships in int8)" in chain_table(["small_int8"], results)


def test_the_runs_whose_mean_a_run_began_from_come_before_it() -> None:
    mean = {"from": "mean.safetensors", "sha256": "0", "mean_of": "large, middle"}
    results = RESULTS | {"more": run("more", initial_weights=mean)}
    assert [r["name"] for r in chain(["more"], results)] == ["large", "middle", "more"]
    assert command(results["more"]) == (
        "python -m ferlite.lab.soup runs/large runs/middle --out mean.safetensors && "
        "ferlite train more --data fer2013.csv --out runs/more --weights mean.safetensors"
    )
