"""`EmotionRecognizer.recognize_video`, `track` and `tracker`: frames in, frames with faces out."""

import gc
import threading
from collections.abc import Callable
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ferlite import (
    EMOTIONS,
    EmotionRecognizer,
    FerliteError,
    Frame,
    ModelError,
    VideoError,
    downloads,
)
from ferlite.faces.detection import Detection
from ferlite.faces.track import iou
from ferlite.media.video import Video
from ferlite.stream import AHEAD, FOUND, Tracker


@pytest.fixture(scope="module", params=["blazeface", "yunet"])
def recognizer(request: pytest.FixtureRequest, brightness_model: Path) -> EmotionRecognizer:
    if request.param == "blazeface":
        return EmotionRecognizer(brightness_model)
    file = request.getfixturevalue("yunet_file")
    return EmotionRecognizer(brightness_model, "yunet", yunet=file)


@pytest.fixture(scope="module")
def whole(brightness_model: Path) -> EmotionRecognizer:
    """One that takes every frame as a face, so that its brightness is its emotion."""
    return EmotionRecognizer(brightness_model, "none")


@pytest.fixture
def shades(write_video: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """Write a video of plain frames with these gray values, ten a second."""

    def shades(*levels: int) -> Path:
        images = [np.full((64, 64, 3), level, np.uint8) for level in levels]
        return write_video(tmp_path / "shades.mp4", images, rate=10)

    return shades


def centre(face):
    x, y, w, h = face.box
    return x + w / 2, y + h / 2


@pytest.mark.parametrize("every", [1, 3])
def test_every_person_is_followed_through_the_video(
    recognizer: EmotionRecognizer, two_people: Path, every: int
):
    frames = list(recognizer.recognize_video(two_people, every=every))
    assert [frame.index for frame in frames] == list(range(20))
    assert [frame.time for frame in frames] == pytest.approx([i / 25 for i in range(20)])
    first = {face.track_id: centre(face) for face in frames[0].faces}
    assert sorted(first) == [1, 2]
    for i, frame in enumerate(frames):
        assert [face.track_id for face in frame.faces] == [1, 2]
        for face in frame.faces:
            x, y = first[face.track_id]
            expected = (x, y + i) if x < 160 else (x - 2 * i, y)
            assert centre(face) == pytest.approx(expected, abs=6)
            assert all(type(side) is int for side in face.box)
            assert sum(face.probabilities.values()) == pytest.approx(1)
            assert face.emotion in EMOTIONS


def test_without_smoothing_a_searched_frame_is_read_like_a_photo(
    recognizer: EmotionRecognizer, two_people: Path
):
    searched = 13 if recognizer.detector == "blazeface" else 1  # of 25 frames a second
    for frame in recognizer.recognize_video(two_people, every=1, half_life=0):
        photo = recognizer.recognize(frame.image)
        if frame.index % searched == 0:
            assert {face.box: face.probabilities for face in frame.faces} == {
                face.box: face.probabilities for face in photo
            }
        else:  # in between, faces are looked at where they were
            assert len(frame.faces) == len(photo)
            for face in frame.faces:
                assert max(iou(face.box, other.box) for other in photo) > 0.8


def test_images_are_rgb_unless_bgr_is_asked_for(whole, write_video, tmp_path: Path):
    blue = np.zeros((64, 64, 3), np.uint8)
    blue[:, :, 2] = 255
    video = write_video(tmp_path / "blue.mp4", [blue])
    (rgb,) = whole.recognize_video(video)
    (bgr,) = whole.recognize_video(video, channels="bgr")
    assert rgb.image[:, :, 2].min() > 200
    assert bgr.image[:, :, 0].min() > 200
    assert rgb.faces == bgr.faces


def test_a_frame_belongs_to_who_takes_it(whole, shades):
    shown = []
    for frame in whole.recognize_video(shades(*[100] * 20), half_life=0, channels="bgr"):
        shown.append(frame.faces[0].emotion)
        frame.image[:] = 255
    assert len(set(shown)) == 1


def test_what_is_shown_turns_over_with_the_half_life(whole, shades, brightness_of):
    video = shades(*[brightness_of["happy"]] * 5, *[brightness_of["sad"]] * 10)

    def turned(half_life: float) -> int:
        shown = [f.faces[0].emotion for f in whole.recognize_video(video, half_life=half_life)]
        return shown.index("sad") - 5

    assert turned(0) == 0
    assert turned(0.25) == 2  # ten frames a second: after 0.3 s more than half is new
    assert turned(0.45) == 4


def test_without_a_detector_every_frame_is_the_same_persons_face(whole, shades):
    frames = list(whole.recognize_video(shades(*range(0, 250, 20))))
    assert [[(face.track_id, face.box) for face in frame.faces] for frame in frames] == [
        [(1, (0, 0, 64, 64))]
    ] * 13


def test_a_video_without_faces_has_frames_without_faces(recognizer: EmotionRecognizer, shades):
    frames = list(recognizer.recognize_video(shades(*[128] * 7)))
    assert [frame.faces for frame in frames] == [()] * 7


def test_many_people_have_a_number_each(
    recognizer: EmotionRecognizer, write_video, astronaut: Path, tmp_path: Path
):
    head = Image.open(astronaut).crop((144, 36, 304, 196)).resize((80, 80))
    crowd = np.tile(np.asarray(head), (3, 4, 1))
    (_, last) = recognizer.recognize_video(write_video(tmp_path / "crowd.mp4", [crowd] * 2))
    assert [face.track_id for face in last.faces] == list(range(1, 13))


def test_frames_come_while_the_video_is_still_being_read(whole, shades, monkeypatch):
    read = []
    original = Video._read

    def counted(video: Video):
        read.append(1)
        return original(video)

    monkeypatch.setattr(Video, "_read", counted)
    frames = whole.recognize_video(shades(*[0] * 50))
    next(frames)
    # Three steps, each with a few frames waiting and one in hand.
    assert len(read) <= 2 * AHEAD + FOUND + 6
    assert len(list(frames)) == 49


def test_who_stops_in_the_middle_leaves_no_thread_behind(whole, shades):
    before = threading.active_count()
    for frame in whole.recognize_video(shades(*[0] * 50)):
        if frame.index == 3:
            break
    del frame
    gc.collect()
    assert threading.active_count() == before


def test_a_failure_in_a_thread_reaches_the_reader(whole, shades, monkeypatch):
    def fails(tracker, shot):
        raise MemoryError("no room")

    monkeypatch.setattr(Tracker, "_find", fails)
    with pytest.raises(MemoryError, match="no room"):
        list(whole.recognize_video(shades(0, 0)))


def test_two_videos_at_once_do_not_disturb_each_other(
    recognizer: EmotionRecognizer, two_people: Path
):
    def faces(frames):
        return [frame.faces for frame in frames]

    alone = faces(recognizer.recognize_video(two_people))
    one, other = recognizer.recognize_video(two_people), recognizer.recognize_video(two_people)
    together = list(zip(one, other, strict=True))
    assert faces(a for a, _ in together) == faces(b for _, b in together) == alone


def test_a_part_of_a_video_is_read_with_fewer_frames(whole, shades):
    frames = whole.recognize_video(shades(*range(0, 250, 20)), start=0.2, end=1.0, fps=5)
    assert [(f.index, round(f.time, 2)) for f in frames] == [
        (0, 0.2), (1, 0.4), (2, 0.6), (3, 0.8),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"every": 0}, "every must be at least 1 frame, not 0"),
        ({"half_life": -1.0}, "half_life must be 0 or more seconds"),
        ({"channels": "gbr"}, "channels must be 'rgb' or 'bgr', not 'gbr'"),
        ({"path": "gone.mp4"}, "gone.mp4: there is no such file"),
        ({"start": 2.0, "end": 1.0}, "end must come after start"),
        ({"fps": 0.0}, "fps must be more than 0"),
    ],
)
def test_what_makes_no_sense_is_refused_at_the_call(whole, shades, arguments, sentence):
    with pytest.raises(FerliteError, match=sentence):
        whole.recognize_video(**{"path": shades(0), **arguments})


def test_frames_can_be_given_one_by_one(whole, brightness_of):
    tracker = whole.tracker(half_life=0)
    assert isinstance(tracker, Tracker)
    image = np.full((20, 30, 3), brightness_of["fear"], np.uint8)
    assert isinstance(tracker.update(image, 3.0), Frame)
    frame = tracker.update(image, 3.2)
    assert (frame.index, frame.time, frame.image.shape) == (1, 3.2, (20, 30, 3))
    assert (frame.faces[0].emotion, frame.faces[0].track_id) == ("fear", 1)
    with pytest.raises(VideoError, match="must be a number of seconds"):
        tracker.update(image, float("nan"))


def test_what_a_frame_shows_by_itself_stays_beside_what_is_smoothed(whole, brightness_of):
    frames = [np.full((64, 64, 3), brightness_of[e], np.uint8) for e in ("happy", "sad")]
    _, last = whole.track(frames, fps=10, half_life=10)
    (face,) = last.faces
    assert face.emotion == "happy"
    assert max(face.raw, key=face.raw.get) == "sad"
    assert face.to_dict()["raw"]["sad"] > 0.9
    (photo,) = whole.recognize(frames[0])
    assert (photo.raw, photo.person, set(photo.to_dict()) & {"raw", "person"}) == (
        None,
        None,
        set(),
    )


def test_frames_come_with_times_or_at_a_rate_and_as_they_are_ready(whole):
    image = np.zeros((64, 64, 3), np.uint8)
    given = []

    def camera():
        for time in (0.0, 0.5, 0.7):
            given.append(time)
            yield time, image

    frames = whole.track(camera())
    assert next(frames).time == 0.0
    assert given == [0.0]  # the second is not waited for
    assert [frame.time for frame in frames] == [0.5, 0.7]
    assert [frame.time for frame in whole.track([image] * 3, fps=4)] == [0.0, 0.25, 0.5]
    with pytest.raises(FerliteError, match="fps must be more than 0"):
        whole.track([image], fps=0)


@pytest.fixture
def faces_of_a_video(brightness_model, monkeypatch):
    """Who is in the frames of a video in which a face fills a part of each frame, if not None."""

    def faces(seeds, **options):
        def detect(image, **limits):
            return [Detection((20.0, 20.0, 60.0, 60.0), 0.9)] if image[0, 0, 0] == 50 else []

        recognizer = EmotionRecognizer(brightness_model)
        monkeypatch.setattr(recognizer, "_detect", detect)
        images = []
        for seed in seeds:
            image = np.full((100, 160, 3), 128, np.uint8)
            if seed is not None:
                image[0, 0] = 50
                face = np.random.default_rng(seed).integers(0, 256, (6, 6, 1), np.uint8)
                image[20:80, 20:80] = np.kron(face, np.ones((10, 10, 3), np.uint8))
            images.append(image)
        return [
            [(face.track_id, face.person) for face in frame.faces]
            for frame in recognizer.track(images, fps=5, **options)
        ]

    return faces


def test_over_cuts_and_absences_people_keep_their_numbers(faces_of_a_video):
    shots = [1] * 3 + [2] * 3 + [1] * 3 + [None] * 6 + [2] * 3
    found = [frame[0] for frame in faces_of_a_video(shots) if frame]
    assert [person for _, person in found[:9]] == [1] * 3 + [2] * 3 + [1] * 3
    assert [track for track, _ in found[:9]] == [1] * 3 + [2] * 3 + [3] * 3
    assert found[-1] == (4, 2)
    plain = [frame[0] for frame in faces_of_a_video(shots, people="off") if frame]
    assert {person for _, person in plain} == {None}


def test_sface_is_used_where_its_file_is(brightness_model, monkeypatch, tmp_path):
    monkeypatch.setenv("FERLITE_HOME", str(tmp_path))
    recognizer = EmotionRecognizer(brightness_model)
    assert recognizer.tracker()._people._embed is None
    downloads.path("sface").parent.mkdir(parents=True)
    downloads.path("sface").write_bytes(b"not a network")
    with pytest.raises(ModelError, match="is not SFace"):
        recognizer.tracker()
    recognizer.tracker(people="off")
    with pytest.raises(FerliteError, match="people must be auto or off, not 'some'"):
        recognizer.tracker(people="some")


def test_methods_have_the_same_defaults():
    tracker = signature(EmotionRecognizer.tracker).parameters
    for method in (EmotionRecognizer.recognize_video, EmotionRecognizer.track):
        for name in ("every", "half_life", "people", "channels"):
            assert signature(method).parameters[name].default == tracker[name].default


def test_frames_that_are_no_series_or_run_backwards_are_refused(whole):
    image = np.zeros((50, 50, 3), np.uint8)
    with pytest.raises(FerliteError, match="not one image"):
        whole.track(image)
    with pytest.raises(FerliteError, match=r"backwards: 0\.5 after 1\.0"):
        list(whole.track([(1.0, image), (0.5, image)]))


def test_a_frame_is_printed_without_its_pixels():
    assert (
        repr(Frame(0, 0.5, np.zeros((2, 2, 3), np.uint8), ()))
        == "Frame(index=0, time=0.5, faces=())"
    )
