"""What the figures of docs/research show is what was measured."""

import pytest
from matplotlib.figure import Figure

from reports.figures import temporal_figure


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures in the order in which they were written."""
    figures: list[Figure] = []
    write = Figure.savefig

    def remember(figure: Figure, *arguments: Any, **options: Any) -> None:
        figures.append(figure)
        write(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", remember)
    return figures


def test_the_temporal_figure_draws_each_method_where_it_was_measured(drawn, tmp_path):
    def method(accuracy, flicker):
        test = {"accuracy": accuracy, "flicker_per_s": flicker, "since_change": [0.1, accuracy]}
        return {"test": test}

    report = {
        "worlds": {"test": {"rate": 10.0}},
        "chosen_gru": "gru",
        "methods": {
            "frame": method(0.5, 3),
            "default": method(0.55, 1),
            "exponential": method(0.57, 0.5),
            "layer_exponential": method(0.58, 0.6),
            "gru": method(0.6, 0.4),
            "gru_other": method(0.3, 9),
        },
        "sweeps": {"exponential": {"0.1": method(0.52, 2), "0.3": method(0.55, 1)}},
    }
    temporal_figure(report, tmp_path / "temporal.png")
    since, trade = drawn[0].axes
    assert [line.get_ydata()[-1] for line in since.lines] == [0.5, 0.55, 0.57, 0.58, 0.6]
    assert since.lines[0].get_xdata().tolist() == [0, 0.1]
    points = {(line.get_xdata()[0], line.get_ydata()[0]) for line in trade.lines[:5]}
    assert points == {(3, 0.5), (1, 0.55), (0.5, 0.57), (0.6, 0.58), (0.4, 0.6)}
    assert list(trade.lines[5].get_ydata()) == [0.52, 0.55]
