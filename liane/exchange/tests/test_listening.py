"""Messages over a real socket: acknowledged once committed, in order, whatever comes."""

import asyncio
import contextlib
import queue
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import pytest

from liane.exchange import mllp
from liane.exchange.hl7v2 import acks, parsing
from liane.exchange.tests.world import hospital, message, odette, the_stay

pytestmark = pytest.mark.django_db


class Here(Executor):
    """Runs the work on the thread of the test, inside its transaction."""

    def __init__(self) -> None:
        self.waiting: queue.SimpleQueue = queue.SimpleQueue()

    def submit(self, work, /, *given, **more):
        done: Future = Future()
        self.waiting.put((done, work, given, more))
        return done

    def drain(self) -> None:
        with contextlib.suppress(queue.Empty):
            done, work, given, more = self.waiting.get(timeout=0.05)
            done.set_result(work(*given, **more))


@contextlib.asynccontextmanager
async def listening(pool: Executor):
    ports: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(mllp.serve("127.0.0.1", 0, ready=ports.set_result, pool=pool))
    try:
        yield await asyncio.wait_for(ports, 10)
    finally:
        server.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await server


def play(*conversations: tuple[bytes, ...]) -> list[list[str]]:
    """Each conversation on a connection of its own, all at once; what each was answered."""
    here = Here()

    async def story() -> list[list[str]]:
        async with listening(here) as port:
            return await asyncio.gather(*(exchange(port, *sent) for sent in conversations))

    with ThreadPoolExecutor(1) as aside:
        told = aside.submit(lambda: asyncio.run(story()))
        while not told.done():
            here.drain()
        return told.result()


async def exchange(port: int, *sent: bytes) -> list[str]:
    """Send frames on one connection; the acknowledgement codes that come back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = []
    for raw in sent:
        writer.write(acks.framed(raw))
        await writer.drain()
        framed = await asyncio.wait_for(reader.readuntil(acks.END), 20)
        ack = parsing.parse(framed.strip(b"\x0b\x1c\r"))
        answers.append(f"{ack.first('MSA').get(1)} {ack.first('MSA').get(2)}")
    writer.close()
    await writer.wait_closed()
    return answers


def test_a_stay_from_admission_to_discharge():
    hospital()
    person = odette()
    sent = (
        message(control="1"),
        message("A02", "20261103090000", unit="Chirurgie", control="2"),
        message("A03", "20261105100000", control="3"),
    )
    assert play(sent) == [["AA 1", "AA 2", "AA 3"]]
    stay = the_stay(person)
    assert (stay.status, stay.ward) == ("ended", "Chirurgie")


def test_garbage_is_refused_and_the_conversation_goes_on():
    hospital()
    odette()
    sent = (b"hello", message(control="1"), message(visit="", control="2"))
    assert play(sent) == [["AR ", "AA 1", "AE 2"]]


def test_several_hospitals_talk_at_once():
    hospital()
    odette()
    sent = [(message(control=f"{n}", visit=f"S{n}"),) for n in range(4)]
    assert play(*sent) == [[f"AA {n}"] for n in range(4)]
