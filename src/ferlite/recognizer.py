"""`EmotionRecognizer`: find the faces of an image, cut them out, and read them."""

import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from ferlite import downloads
from ferlite.classify import zoo
from ferlite.classify.classifier import Classifier
from ferlite.classify.labels import Labels
from ferlite.emotions import WITH_CONTEMPT
from ferlite.errors import FerliteError, ImageError, ModelError
from ferlite.explain import Explanation, occlusion
from ferlite.faces.blazeface import BlazeFace
from ferlite.faces.box import is_finite
from ferlite.faces.crop import crop, square
from ferlite.faces.detection import Detection
from ferlite.faces.face import Face
from ferlite.faces.frame import Frame
from ferlite.faces.haar import Haar
from ferlite.faces.people import People, PeopleMode
from ferlite.faces.sface import load_sface
from ferlite.faces.track import Tracked
from ferlite.faces.yunet import YuNet
from ferlite.media.image import Channels, ImageLike, Loaded, load_scaled
from ferlite.stream import Tracker, read_video

Detector: TypeAlias = Literal["blazeface", "yunet", "haar", "none"]
DETECTORS: Final[tuple[Detector, ...]] = get_args(Detector)
MARGIN: Final = 1.0
"""Side of the crop over the longer side of the detector's box, where none is asked for."""


class EmotionRecognizer:
    """Reads the emotions in images. Make one and keep it.

    It is safe to share between threads, and can be pickled: the models are then loaded again.

    >>> from ferlite import EmotionRecognizer
    >>> recognizer = EmotionRecognizer()
    >>> [face.emotion for face in recognizer.recognize("examples/astronaut.jpg")]
    ['happy']

    Attributes:
        detector: the one in use: "blazeface", "yunet", "haar" or "none".
        margin: the crop's side over the longer side of the detector's box.
        classifier: the emotion network.
    """

    def __init__(
        self,
        model: str | Path = zoo.DEFAULT,
        detector: Detector = "blazeface",
        *,
        labels: Labels = "auto",
        min_score: float | None = None,
        min_size: float | None = None,
        margin: float | None = None,
        threads: int = 1,
        yunet: str | Path | None = None,
    ) -> None:
        """Load the detector and the network.

        Args:
            model: a model's name (`ferlite models list`) or an ONNX file of ferlite's.
            detector: what finds the faces. "blazeface" is built in; "yunet" is better in crowds,
                but its file has to be fetched once (`ferlite models pull yunet`); "haar" is for
                the protocols of older papers; "none" takes every image as one face. See
                docs/explanation/detectors.md.
            labels: the label source: "photos", "ferplus" or "fer2013"; "auto" is "photos" where
                the network has it. See docs/explanation/label-sources.md.
            min_score: of a face, in (0, 1); by default the detector's own.
            min_size: longer side of the smallest face's box to give, in pixels of the image at
                full size. The built-in detector searches as finely as that needs; by default for
                40 pixels and more.
            margin: how much of the image around a face the network sees; by default as much as
                the detector's box (docs/research/framing.md says why).
            threads: how many threads the network may use.
            yunet: the YuNet file, if not the fetched one.

        Raises:
            ModelError: a model or file is missing or wrong, or an argument makes no sense.
        """
        if detector not in DETECTORS:
            raise ModelError(f"detector must be one of {', '.join(DETECTORS)}, not {detector!r}")
        if yunet is not None and detector != "yunet":
            raise ModelError(
                f"a YuNet file was given, but the detector is {detector!r}; "
                "choose the detector 'yunet'"
            )
        if margin is not None and not (math.isfinite(margin) and 0 < margin <= 10):
            raise ModelError(f"margin must be more than 0 and at most 10, not {margin}")
        if min_score is not None and not 0 < min_score < 1:
            raise ModelError(f"min_score must be between 0 and 1, not {min_score}")
        if min_size is not None and not 1 <= min_size < math.inf:
            raise ModelError(f"min_size must be at least 1 pixel, not {min_size}")
        self._again = partial(
            EmotionRecognizer, model, detector, labels=labels, min_score=min_score,
            min_size=min_size, margin=margin, threads=threads, yunet=yunet,
        )  # fmt: skip
        self._min_score, self._min_size = min_score or 0.0, min_size or 0.0
        self.detector: Detector = detector
        self.margin = MARGIN if margin is None else margin
        with ThreadPoolExecutor(1) as beside:  # ONNX Runtime loads without holding Python's lock
            faces = beside.submit(_detector, detector, min_score, min_size, yunet)
            self.classifier = Classifier(zoo.path(model), threads, labels)
        if self.classifier.classes == WITH_CONTEMPT:
            # To spread contempt's share over the others would answer confidently and wrongly.
            raise ModelError(
                f"{model} tells contempt apart too, which is not among the seven emotions that a "
                "face is read for; 'ferlite evaluate' measures it, and a recipe with "
                "model.classes: 7 trains one to read faces with"
            )
        self._faces = faces.result()

    def __reduce__(self) -> tuple[Callable[[], "EmotionRecognizer"], tuple[()]]:
        return self._again, ()

    def recognize(
        self, image: ImageLike, *, channels: Channels = "rgb", max_faces: int | None = None
    ) -> list[Face]:
        """Read every face of an image.

        Args:
            image: a path; the bytes of a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF or PPM file; a
                file object; a PIL image; or an array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4),
                uint8, uint16, or float in [0, 1]. EXIF orientation is applied, and boxes are in
                pixels of the upright image, also where a very large JPEG is read at reduced size.
            channels: the order of colours in an array, "rgb" or "bgr" (OpenCV's).
            max_faces: an image with more faces is an error, before any of them is read.

        Returns:
            The faces, largest first; an empty list where none is found.

        Raises:
            FerliteError: the image cannot be read, or has more faces.
        """
        return self._read([load_scaled(image, channels)], max_faces)[0]

    def recognize_batch(
        self, images: Iterable[ImageLike], *, channels: Channels = "rgb"
    ) -> list[list[Face]]:
        """Read every face of several images; all faces go through the network together.

        Images are loaded one after the other and only their faces are kept, so an iterator over
        any number of paths needs the memory of one image.

        Args:
            images: as for `recognize`.
            channels: as for `recognize`.

        Returns:
            For each image its faces, as `recognize` gives them.

        Raises:
            FerliteError: one of the images cannot be read; the sentence says which, counted from
                0, and nothing is returned for the others. To go on after a bad image, call
                `recognize` for each.
        """
        return self._read(_load_each(images, channels))

    def recognize_video(
        self,
        path: str | Path,
        *,
        start: float = 0.0,
        end: float | None = None,
        fps: float | None = None,
        every: int = 1,
        half_life: float = 0.3,
        people: PeopleMode = "auto",
        channels: Channels = "rgb",
    ) -> Iterator[Frame]:
        """Read every face of every frame of a video, frame by frame as it is decoded.

        Decoding, detection and classification overlap with each other and with what you do with
        the frames. Only a few frames are in memory at a time, however long the video is.

        Args:
            path: the video, in any format that FFmpeg reads; turned upright as it says.
            start: in seconds; frames before it are left out. Times stay those of the whole video.
            end: in seconds; frames from it on are left out.
            fps: read only so many frames a second, which is faster; by default all are read.
            every: as for `tracker`.
            half_life: as for `tracker`.
            people: as for `tracker`.
            channels: the order of colours in `Frame.image`, "rgb" or "bgr" (OpenCV's).

        Returns:
            An iterator over the frames. A video that breaks off ends where it breaks off.

        Raises:
            FerliteError: the video cannot be read or an argument makes no sense; told at the call,
                not at the first frame.

        >>> from ferlite import EmotionRecognizer
        >>> recognizer = EmotionRecognizer()
        >>> for frame in recognizer.recognize_video("video.mp4"):  # doctest: +SKIP
        ...     for face in frame.faces:
        ...         print(f"{frame.time:.2f} s: person {face.person} looks {face.emotion}")
        """
        from ferlite.media.video import Video  # its decoder takes a while to load

        tracker = self.tracker(every=every, half_life=half_life, people=people, channels=channels)
        return read_video(tracker, Video(Path(path), start=start, end=end, fps=fps))

    def track(
        self,
        frames: Iterable[NDArray[np.generic] | tuple[float, NDArray[np.generic]]],
        *,
        fps: float = 25.0,
        every: int = 1,
        half_life: float = 0.3,
        people: PeopleMode = "auto",
        channels: Channels = "rgb",
    ) -> Iterator[Frame]:
        """Read every face of frames that you have or that come as you wait: a list, a camera.

        Each frame is answered before the next one is taken.

        Args:
            frames: arrays, as for `recognize`, or pairs of a time in seconds and an array.
            fps: how many frames a second there are; for arrays that come without times.
            every: as for `tracker`.
            half_life: as for `tracker`.
            people: as for `tracker`.
            channels: the order of colours in the arrays and in `Frame.image`, "rgb" or "bgr".

        Returns:
            An iterator over the frames.

        Raises:
            FerliteError: an argument makes no sense (told at the call), or a frame is no image.

        >>> from ferlite import EmotionRecognizer
        >>> recognizer = EmotionRecognizer()
        >>> frames = [np.zeros((90, 160, 3), np.uint8)] * 3
        >>> [frame.time for frame in recognizer.track(frames, fps=10)]
        [0.0, 0.1, 0.2]
        """
        if not (math.isfinite(fps) and fps > 0):
            raise FerliteError(f"fps must be more than 0 frames a second, not {fps}")
        if isinstance(frames, np.ndarray) and frames.ndim < 4:
            raise FerliteError("frames must be a series of images, such as a list, not one image")
        tracker = self.tracker(every=every, half_life=half_life, people=people, channels=channels)

        def read() -> Iterator[Frame]:
            for index, each in enumerate(frames):
                time, image = each if isinstance(each, tuple) else (index / fps, each)
                yield tracker.update(image, time)

        return read()

    def tracker(
        self,
        *,
        every: int = 1,
        half_life: float = 0.3,
        people: PeopleMode = "auto",
        channels: Channels = "rgb",
        max_faces: int | None = None,
    ) -> Tracker:
        """Begin to read a video or camera whose frames you will give one by one.

        Args:
            every: faces are searched every so many frames; in between, they move on as they did.
                With 1, the built-in detector searches whole frames twice a second and
                wherever a known face is missing, and otherwise looks where faces were.
            half_life: of the probabilities' exponential smoothing, in seconds; 0 for none.
            people: "auto" gives people who come back after a cut or an absence their number again
                (`Face.person`), by what they look like, and by SFace if its file is there
                (`ferlite models pull sface`); "off" does not, and follows tracks alone.
            channels: the order of colours in the frames that come and go, "rgb" or "bgr".
            max_faces: a frame with more faces is an error, before any of them is read.

        Raises:
            FerliteError: an argument makes no sense, or the SFace file is damaged.

        >>> from ferlite import EmotionRecognizer
        >>> tracker = EmotionRecognizer().tracker()
        >>> tracker.update(np.zeros((90, 160, 3), np.uint8), time=0.0).faces
        ()
        """
        if people not in ("auto", "off"):
            raise FerliteError(f"people must be auto or off, not {people!r}")
        # Without a detector each frame is one face, and nothing is worth following.
        follows = self.detector != "none"
        known = None
        if people == "auto" and follows:
            file = downloads.path("sface")
            known = People(load_sface(file).embed if file.is_file() else None)
        return Tracker(
            partial(self._detect, most=max_faces),
            self._cut,
            self._classify,
            self.classifier.classes,
            every=every if follows else min(every, 1),
            half_life=half_life,
            people=known,
            cuts=follows,
            channels=channels,
            look=self._faces.look if isinstance(self._faces, BlazeFace) else None,
        )

    def explain(
        self,
        image: ImageLike,
        face: Face,
        *,
        emotion: str | None = None,
        channels: Channels = "rgb",
    ) -> Explanation:
        """Say which regions of a face drove the answer, by covering each in turn.

        It costs 170 runs of the network; see `ferlite.explain.occlusion` for how it is done.

        Args:
            image: the image, as for `recognize`.
            face: one that `recognize` found in it, or any other with a box.
            emotion: one of `ferlite.EMOTIONS` to explain; by default the face's own.
            channels: as for `recognize`.

        Returns:
            A heat map, float32, of the size of the network's input, and the square of the image
            that it lies on.

        Raises:
            FerliteError: the image cannot be read, or there is no such emotion.

        >>> from ferlite import EmotionRecognizer
        >>> recognizer = EmotionRecognizer()
        >>> face = recognizer.recognize("examples/astronaut.jpg")[0]
        >>> recognizer.explain("examples/astronaut.jpg", face).heat_HW.shape
        (80, 80)
        """
        emotion, classes = emotion or face.emotion, self.classifier.classes
        if emotion not in classes:
            raise FerliteError(f"emotion must be one of {', '.join(classes)}, not {emotion!r}")
        image_HWC, scale = load_scaled(image, channels)
        x, y, w, h = (side / scale for side in face.box)
        box = x, y, w, h
        size, colors = self.classifier.size, self.classifier.channels
        seen_CHW = crop(image_HWC, box, self.margin, size, colors, face.angle)
        heat_HW = occlusion(self.classifier, seen_CHW, classes.index(emotion))
        height, width = image_HWC.shape[:2]
        left, top, side = square(box, self.margin, width, height)
        where = left * scale, top * scale, side * scale
        return Explanation(emotion, heat_HW, where, face.angle)

    def _read(self, images: Iterable[Loaded], most: int | None = None) -> list[list[Face]]:
        found: list[tuple[Detection, int]] = []
        crops: list[NDArray[np.uint8]] = []
        ends: list[int] = []
        size, colors = self.classifier.size, self.classifier.channels
        for image_HWC, scale in images:
            for face in self._detect(image_HWC, scale, most):
                found.append((face, scale))
                crops.append(crop(image_HWC, face.box, self.margin, size, colors, face.angle))
            ends.append(len(found))
        if not found:
            return [[] for _ in ends]
        probabilities_N7 = self.classifier(np.stack(crops))
        faces = [
            _face(detection, scale, probabilities_7, self.classifier.classes)
            for (detection, scale), probabilities_7 in zip(found, probabilities_N7, strict=True)
        ]
        return [faces[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def _cut(self, image_HWC: NDArray[np.uint8], faces: Sequence[Tracked]) -> NDArray[np.uint8]:
        """The faces of a frame, (N, C, height, width), as the network takes them."""
        size, colors = self.classifier.size, self.classifier.channels
        return np.stack([crop(image_HWC, f.box, self.margin, size, colors, f.angle) for f in faces])

    def _classify(self, faces_NCHW: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Probabilities, (N, K)."""
        seen_NK = self.classifier(faces_NCHW).astype(np.float64)
        # Softmax in float32 sums to 1 only to seven digits.
        return np.asarray(seen_NK / seen_NK.sum(axis=1, keepdims=True))

    def _detect(
        self, image_HWC: NDArray[np.uint8], scale: int = 1, most: int | None = None
    ) -> list[Detection]:
        """Largest box first, of an image that was decoded at one part in `scale` of its size.

        More than `most` are an error.
        """
        detector, smallest = self._faces, self._min_size / scale
        if detector is None:
            height, width = image_HWC.shape[:2]
            return [Detection((0, 0, width, height), 1.0)]
        seen = (
            detector.detect(image_HWC, scale)
            if isinstance(detector, BlazeFace)
            else detector.detect(image_HWC)
        )
        found = [
            face
            for face in seen
            if is_finite(face.box)
            and face.score >= self._min_score
            and max(face.box[2:]) >= smallest
        ]
        if most is not None and len(found) > most:
            raise ImageError(f"has {len(found)} faces, over the limit of {most}; take a part of it")
        return sorted(found, key=lambda face: face.box[2] * face.box[3], reverse=True)


def _detector(
    name: Detector, min_score: float | None, min_size: float | None, yunet: str | Path | None
) -> BlazeFace | Haar | YuNet | None:
    match name:
        case "blazeface":
            return BlazeFace(min_score, min_size)
        case "yunet":
            return YuNet(yunet or downloads.path("yunet"))
        case "haar":
            return Haar()
        case "none":
            return None


def _load_each(images: Iterable[ImageLike], channels: Channels) -> Iterator[Loaded]:
    if isinstance(images, (str, bytes, os.PathLike)):
        raise FerliteError("recognize_batch takes several images; give a list of them")
    for number, image in enumerate(images):
        try:
            yield load_scaled(image, channels)
        except FerliteError as error:
            raise type(error)(f"image {number} of the batch: {error}") from error


def _face(
    found: Detection, scale: int, probabilities_7: NDArray[np.float32], classes: tuple[str, ...]
) -> Face:
    exact_7 = probabilities_7.astype(np.float64)
    exact_7 /= exact_7.sum()  # softmax in float32 sums to 1 only to seven digits
    x, y, w, h = (round(side * scale) for side in found.box)
    return Face.of(
        (x, y, w, h), found.score, tuple(exact_7.tolist()), angle=found.angle, classes=classes
    )
