"""A trained network meets a dataset as its recipe would have it."""

import json
from dataclasses import replace

import numpy as np
import onnx
import pytest

from ferlite.emotions import EMOTIONS, WITH_CONTEMPT
from ferlite.errors import FerliteError
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.evaluate import measure
from ferlite.lab.evaluate.measure import Trained, faces_for, predict, read_trained


@pytest.fixture
def eight(make_model):
    """Reads black as angry and so on to white, which is contempt."""
    return make_model(emotions=WITH_CONTEMPT)


def made(gray, classes=EMOTIONS):
    images_NHW = np.full((len(gray), 48, 48), np.array(gray)[:, None, None], np.uint8)
    count = len(gray)
    return FaceDataset(
        "made", images_NHW, np.zeros(count, np.int64), np.full(count, 2, np.int8), classes
    )


def noted(path, note):
    """The same file with what `ferlite export` notes of the recipe's `data`."""
    network = onnx.load(path)
    network.metadata_props.add(key="ferlite.data", value=note)
    onnx.save(network, path)
    return path


class TestReadTrained:
    def test_a_file_from_elsewhere_takes_faces_as_they_are(self, brightness_model):
        assert read_trained(brightness_model) == Trained(brightness_model, EMOTIONS)

    def test_a_file_says_how_its_recipe_prepares_faces(self, make_model):
        path = noted(make_model(), '{"size": 64, "haar_crop": true}')
        assert read_trained(path) == Trained(path, EMOTIONS, size=64, haar_crop=True)

    @pytest.mark.parametrize("note", ["", "{", "[1]"])
    def test_a_note_that_cannot_be_read_is_told(self, make_model, note):
        with pytest.raises(FerliteError, match=r"'ferlite\.data' cannot be read"):
            read_trained(noted(make_model(), note))

    def test_a_checkpoint_says_the_same_by_its_recipe(self, make_checkpoint):
        path = make_checkpoint(classes=8, data={"haar_crop": True, "size": 64})
        assert read_trained(path) == Trained(path, WITH_CONTEMPT, size=64, haar_crop=True)

    def test_a_checkpoint_of_pictures_of_anything_is_refused(self, make_checkpoint):
        path = make_checkpoint(data={"dataset": "image_folder"})
        with pytest.raises(FerliteError, match="tells 7 classes apart that are not the seven"):
            read_trained(path)


class TestFacesFor:
    @pytest.mark.parametrize("place", ["", "fer2013new.csv"])
    def test_who_knows_contempt_gets_ferplus_with_it(self, make_tree, eight, place):
        faces = faces_for(read_trained(eight), make_tree("ferplus") / place, "test")
        assert (faces.name, faces.classes) == ("ferplus8", WITH_CONTEMPT)

    def test_who_does_not_gets_it_without(self, make_tree, brightness_model):
        path = make_tree("ferplus") / "fer2013new.csv"
        faces = faces_for(read_trained(brightness_model), path, "test")
        assert (faces.name, faces.classes) == ("ferplus", EMOTIONS)

    def test_faces_are_kept_at_the_size_of_the_recipe(self, make_tree, make_model):
        trained = read_trained(noted(make_model(), '{"size": 64}'))
        assert faces_for(trained, make_tree("rafdb"), "test").images_NHW.shape[1:] == (64, 64)

    def test_a_split_without_rows_is_told(self, make_tree, brightness_model):
        with pytest.raises(FerliteError, match="has no validation rows"):
            faces_for(read_trained(brightness_model), make_tree("rafdb"), "validation")


class TestPredict:
    def test_where_no_face_shows_contempt_the_others_share_its_part(self, eight):
        # Between the last emotion and contempt, nearer to contempt.
        probabilities_N7 = predict(read_trained(eight), made([240]))
        assert probabilities_N7.shape == (1, 7)
        assert EMOTIONS[probabilities_N7[0].argmax()] == "neutral"
        assert probabilities_N7.sum() == pytest.approx(1, abs=1e-6)

    def test_where_faces_do_it_stays(self, eight):
        probabilities_N8 = predict(read_trained(eight), made([240], WITH_CONTEMPT))
        assert WITH_CONTEMPT[probabilities_N8[0].argmax()] == "contempt"

    def test_nothing_but_contempt_leaves_the_others_even(self, eight, monkeypatch):
        sure_N8 = np.eye(8, dtype=np.float32)[7:]
        monkeypatch.setattr(measure, "predict_onnx", lambda *_, **__: sure_N8)
        np.testing.assert_allclose(predict(read_trained(eight), made([0])), 1 / 7, atol=1e-6)

    def test_not_a_number_stays_what_it_is(self, eight, monkeypatch):
        nothing_N8 = np.full((1, 8), np.nan, np.float32)
        monkeypatch.setattr(measure, "predict_onnx", lambda *_, **__: nothing_N8)
        assert np.isnan(predict(read_trained(eight), made([0]))).all()

    @pytest.mark.parametrize(
        ("dataset", "labels", "answer"),
        [
            ("fer2013", None, "angry"),
            ("ferplus", None, "neutral"),
            ("rafdb", None, "neutral"),
            ("folder", None, "neutral"),
            ("fer2013", "auto", "neutral"),
            ("ferplus", "fer2013", "angry"),
        ],
    )
    def test_fer2013_is_judged_by_its_labels_and_others_by_votes(
        self, make_model, dataset, labels, answer
    ):
        # For votes this file takes the darkest face for the last emotion.
        faces = replace(made([0]), name=dataset)
        probabilities_N7 = predict(read_trained(make_model(voted=True)), faces, labels)
        assert EMOTIONS[probabilities_N7[0].argmax()] == answer

    @pytest.mark.parametrize("haar_crop", [True, False])
    def test_faces_are_cut_out_only_where_the_recipe_does_so(
        self, make_model, monkeypatch, haar_crop
    ):
        cut = []

        def white(images_NHW):
            cut.append(len(images_NHW))
            return np.full_like(images_NHW, 255), 0

        monkeypatch.setattr(measure, "haar_cropped", white)
        note = json.dumps({"size": None, "haar_crop": haar_crop})
        probabilities_N7 = predict(read_trained(noted(make_model(), note)), made([0, 0]))
        assert cut == [2] * haar_crop
        expected = "neutral" if haar_crop else "angry"
        assert [EMOTIONS[i] for i in probabilities_N7.argmax(1)] == [expected] * 2
