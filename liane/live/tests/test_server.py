"""The port that Liane listens on."""

import socket

import pytest

from liane.live import server


def test_what_is_answered_does_not_wait_for_a_word_of_the_reader() -> None:
    with server.listen("127.0.0.1", 0) as port:
        port.listen()
        with socket.create_connection(port.getsockname()):
            visitor, _ = port.accept()
            with visitor:
                assert visitor.proto == socket.IPPROTO_TCP
                assert visitor.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_port_that_somebody_has_is_said() -> None:
    with server.listen("127.0.0.1", 0) as port:
        port.listen()
        number = port.getsockname()[1]
        with pytest.raises(server.PortTaken, match=f"port {number}"):
            server.listen("127.0.0.1", number)
