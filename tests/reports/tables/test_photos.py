"""How the default model answers on photos is told as it was counted."""

from reports.tables.photos import calibration_table, confusion_table


def _report(**numbers):
    return {"default": {"model": "ours"}, "models": {"ours": {"photos": numbers}}}


def test_a_row_of_the_confusion_matrix_is_the_photos_of_one_emotion():
    confusion = {
        "columns": ["happy", "sad", "missed"],
        "happy": [30, 10, 0],
        "sad": [1, 2, 1],
    }
    assert confusion_table(_report(confusion=confusion)).splitlines()[0::2] == [
        "| labelled | photos | happy | sad | no face found |",
        "| happy | 40 | **75%** | 25% | 0% |",
    ]
    assert confusion_table(_report(confusion=confusion)).splitlines()[-1] == (
        "| sad | 4 | 25% | **50%** | 25% |"
    )


def test_confidence_stands_beside_how_often_it_was_right():
    bins = [{"from": 0.9, "faces": 284, "confidence": 0.9713, "accuracy": 0.9225}]
    assert calibration_table(_report(reliability=bins)).splitlines()[-1] == (
        "| 90% to 100% | 284 | 97% | 92% |"
    )
