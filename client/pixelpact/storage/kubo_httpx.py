"""Questions to Kubo by httpx."""

from __future__ import annotations

import json
from contextlib import closing

import httpx

from pixelpact.storage.kubo_rpc import Absence, BrokenAnswer, Deadline, Question, Refusal, Slowness, TooLong

__all__ = ["HttpxTransport"]

_CONNECTING = 5.0


class HttpxTransport:
    """One pool of connections for all threads. Takes no proxy or credential from the environment."""

    def __init__(self, url: str) -> None:
        # As many connections as there are threads at work: none waits for another's answer.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=16)
        headers = {"accept-encoding": "identity"}
        self._client = httpx.Client(
            base_url=f"{url}/api/v0/", trust_env=False, limits=limits, headers=headers
        )

    def ask(self, question: Question) -> bytes:
        """The body of the answer (``Transport.ask``)."""
        files = None
        if question.file is not None:
            files = {"file": ("block", bytes(question.file), "application/octet-stream")}
        deadline = Deadline(question.patience)
        silence = question.patience.silence
        try:
            request = self._client.build_request(
                "POST",
                question.command,
                params=httpx.QueryParams(list(question.parameters)),
                files=files,
                timeout=httpx.Timeout(silence, connect=min(_CONNECTING, silence)),
            )
            # Read first, it is sent in one piece.
            request.read()
            with closing(self._client.send(request, stream=True)) as response:
                if response.status_code != httpx.codes.OK:
                    raise _refusal(response, deadline)
                if told := response.headers.get("x-stream-error"):
                    raise Refusal(told)
                return deadline.gather(response.iter_raw())
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Absence(str(error)) from None
        except httpx.TimeoutException:
            raise Slowness(deadline.told) from None
        except httpx.HTTPError as error:
            raise BrokenAnswer(str(error) or type(error).__name__) from None

    def close(self) -> None:
        """End the connections (``Transport.close``)."""
        self._client.close()


def _refusal(response: httpx.Response, deadline: Deadline) -> Exception:
    try:
        return Refusal(str(json.loads(deadline.gather(response.iter_raw()))["Message"]))
    except (ValueError, KeyError, TypeError, RecursionError, TooLong):
        return BrokenAnswer(f"HTTP status {response.status_code}")
