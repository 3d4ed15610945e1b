"""A small server that speaks OpenAI's chat completions on the loopback address, well or badly as a test wants."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-very-secret-0123456789"


@dataclass
class Said:
    """An answer: status and body; `pause` in seconds before it; more headers."""

    body: bytes
    status: int = 200
    pause: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class LanguageModel:
    """The server: the calls it received, as (path, headers, JSON body), and how it answers the next ones."""

    port: int = 0
    received: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    answer: Callable[[Any], Said] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


def completion(text: str, *, ending: str = "stop", tokens: tuple[int, int] = (7, 3)) -> bytes:
    """The body of a good answer."""
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
    message = {"role": "assistant", "content": text}
    return json.dumps({"choices": [{"message": message, "finish_reason": ending}], "usage": usage}).encode()


def echo(asked: Any) -> Said:
    """Answers with the model and the last message."""
    return Said(completion(f"{asked['model']}: {asked['messages'][-1]['content']}"))


def streamed(*pieces: str, done: bool = True) -> bytes:
    """The body of an answer in server-sent events."""
    lines: list[dict[str, Any]] = [
        {"choices": [{"delta": {"content": piece}, "finish_reason": None}]} for piece in pieces
    ]
    lines.append({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": len(pieces)}})
    text = "".join(f"data: {json.dumps(line)}\n\n" for line in lines)
    return (text + ("data: [DONE]\n\n" if done else "")).encode()


def _handler(server: LanguageModel) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            server.received.append((self.path, dict(self.headers), body))
            self._say((server.answer or echo)(body))

        def do_GET(self) -> None:
            server.received.append((self.path, dict(self.headers), None))
            listed = {"object": "list", "data": [{"id": "tiny"}, {"id": "large"}, {"id": 7}, "x"]}
            self._say(server.answer(None) if server.answer else Said(json.dumps(listed).encode()))

        def _say(self, said: Said) -> None:
            time.sleep(said.pause)
            with contextlib.suppress(OSError):
                self.send_response(said.status)
                for name, value in said.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(said.body)))
                self.end_headers()
                self.wfile.write(said.body)

        def log_message(self, *args: object) -> None:
            """Silent."""

    return Handler


@contextlib.contextmanager
def running_language_model() -> Iterator[LanguageModel]:
    """A server that answers until the block ends."""
    model = LanguageModel()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(model))
    server.daemon_threads = True
    model.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
