import json

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from ferlite.serve.limits import Limits


def test_each_image_is_answered_by_its_faces(url, astronaut):
    image = astronaut.read_bytes()
    with connect(url.replace("http", "ws") + "/v1/stream") as socket:
        answers = []
        for sent in (image, b"no image", image):
            socket.send(sent)
            answers.append(json.loads(socket.recv()))
    first, bad, second = answers
    (face,) = first["faces"]
    assert (face["emotion"], face["track_id"], face["person"]) == ("happy", 1, 1)
    assert second["faces"][0]["person"] == 1
    assert second["time"] > first["time"] == 0
    assert bad == {"error": bad["error"]}
    assert bad["error"].startswith("image 1: is not an image")


def test_a_stream_is_refused_like_other_requests(serve):
    limits = Limits(streams=1, idle_seconds=0.3, image_bytes=1000)
    with serve(limits, api_key="secret") as url:
        address = url.replace("http", "ws") + "/v1/stream"
        key = {"Authorization": "Bearer secret"}
        with connect(address, additional_headers=key) as socket:
            for headers, status in (
                ({}, 401),
                ({"Sec-WebSocket-Protocol": "ferlite, ferlite.key.wrong"}, 401),
                (key, 429),
                ({**key, "Origin": "https://example.org"}, 403),
            ):
                with pytest.raises(InvalidStatus) as refused:
                    connect(address, additional_headers=headers)
                assert refused.value.response.status_code == status
                assert json.loads(refused.value.response.body)["status"] == status
            with pytest.raises(ConnectionClosed, match="no image came"):
                socket.recv(timeout=10)
        # As a page in a browser has to do it.
        with connect(address, subprotocols=["ferlite", "ferlite.key.secret"]) as socket:
            assert socket.subprotocol == "ferlite"
        for message, code in (("text", 1003), (bytes(1001), 1009)):
            with connect(address, additional_headers=key) as socket:
                socket.send(message)
                with pytest.raises(ConnectionClosed) as closed:
                    socket.recv(timeout=10)
                assert closed.value.rcvd.code == code
