"""A door before a shop that can be shut, slow, rude or forgetful."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

ANSWERS = {
    "429": b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Type: text/html\r\n\r\n<h1>Slow down</h1>",
    "500": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
    "503": b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\n\r\n<html>busy</html>",
    "html": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Welcome</html>",
    "shape": b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"data":{"orders":[1,2],"productVariants":7}}',
    "noise": b"\x16\x03\x01\x00\x00 what?",
    "redirect": b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n",
    "endless": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b" " * 65536,
}


class Door:
    """Forwards one request a connection to `port`. `fault` is '' or what it does instead; `only` limits it.

    'lost': the request reaches the shop, the answer never comes back. 'drip': a byte of the answer now and then.
    """

    def __init__(self, port: int) -> None:
        self.target = port
        self.fault = ""
        self.only = b""  # a text that the request has to hold for the fault to happen
        self.seen = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(client,), daemon=True).start()

    def _one(self, client: socket.socket) -> None:
        with contextlib.closing(client), contextlib.suppress(OSError):
            request = _request(client)
            fault = self.fault if self.only in request else ""
            self.seen += bool(fault)
            if fault in ANSWERS:
                client.sendall(ANSWERS[fault])
                while fault == "endless":
                    client.sendall(b" " * 65536)
                return
            if fault == "drop":
                return
            if fault == "drip":
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                while True:
                    client.sendall(b" ")
                    time.sleep(0.2)
            with socket.create_connection(("127.0.0.1", self.target), 30) as shop:
                shop.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
                answer = b"".join(iter(lambda: shop.recv(65536), b""))
            if fault != "lost":
                client.sendall(answer)


def _request(client: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += client.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body
