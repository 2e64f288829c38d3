"""A service that fails as it is told. Run as: python3 -m support.faulty_service PORT CONTROL_PORT FAULT SHARE DELAY BASE

FAULT happens to SHARE (0..1) of the requests: none, status-500 or another status, slow (DELAY seconds), reset-head,
reset-body, hang-head, hang-body. The other requests take BASE seconds. The control port answers a line "count" with the
requests received.
"""
import asyncio
import random
import socket
import struct
import sys

BODY = b"x" * 1000
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
BAD = b"HTTP/1.1 %d Bad\r\nContent-Length: 3\r\n\r\nbad"
HANG = 3600


class Service:
    def __init__(self, fault, share, delay, base):
        self.fault, self.share, self.delay, self.base = fault, share, delay, base
        self.count = 0

    async def serve(self, reader, writer):
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.count += 1
                faulty = self.fault != "none" and random.random() < self.share
                if not await self.answer(writer, self.fault if faulty else "none"):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async def answer(self, writer, fault):
        if fault == "reset-head":
            return self.reset(writer)
        if fault in ("reset-body", "hang-body"):
            writer.write(GOOD[:len(GOOD) // 2])
            await writer.drain()
            if fault == "reset-body":
                await asyncio.sleep(0.005)
                return self.reset(writer)
        if fault.startswith("hang"):
            await asyncio.sleep(HANG)
        pause = self.delay if fault == "slow" else self.base
        if pause:
            await asyncio.sleep(pause)
        writer.write(BAD % int(fault[7:]) if fault.startswith("status-") else GOOD)
        await writer.drain()
        return True

    @staticmethod
    def reset(writer):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False

    async def control(self, reader, writer):
        while await reader.readline():
            writer.write(b"%d\n" % self.count)
        writer.close()


async def main(port, control_port, fault, share, delay, base):
    service = Service(fault, float(share), float(delay), float(base))
    control = await asyncio.start_server(service.control, "127.0.0.1", int(control_port))
    server = await asyncio.start_server(service.serve, "127.0.0.1", int(port), backlog=1024)
    async with control, server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
