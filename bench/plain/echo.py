"""The yardstick of `live_delivery`: what is posted to /say goes to every stream of /live."""

import asyncio
import sys
from urllib.parse import parse_qs

streams: list[asyncio.StreamWriter] = []


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    if head.startswith("GET"):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        streams.append(writer)
        return
    size = next(int(line[15:]) for line in head.split("\r\n") if line.startswith("Content-Length"))
    word = parse_qs((await reader.readexactly(size)).decode())["text"][0]
    for stream in streams:
        stream.write(f"data: {word}\n\n".encode())
    writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
    writer.close()


async def main(port: int) -> None:
    """Serve until killed."""
    async with await asyncio.start_server(answer, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
