"""A webhook receiver with moods: at the first attempt of some deliveries it fails, or cuts the connection after it has
read everything; now and then it is slow. Later attempts are always taken, unless somebody asks to have one refused.
"""

import random

from tests.receiver import Receiver, Reply

FLAWS = (Reply(status=500), Reply(trick="reset"))
SLOW_S = 0.3
USUAL_S = 0.01
REFUSED = Reply(status=503)
REFUSED_S = 0.3  # until a refusal is said: meanwhile its sender may end


class MoodyReceiver(Receiver):
    """Notes as `Receiver` does; `await_post` tells who is at the door. flaws: share of the deliveries."""

    def __init__(self, seed: int, *, flaws: float = 0.03) -> None:
        self._random = random.Random(f"receiver {seed}")
        self._flaws = flaws
        self._seen: set[str] = set()
        self._posts = (0, "")
        self._refuses_next = False
        super().__init__()

    def take(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        reply = super().take(method, path, headers, body)
        with self._lock:
            usual_s = SLOW_S if self._random.random() < self._flaws else USUAL_S
        self.closing.wait(REFUSED_S if reply is REFUSED else usual_s)
        return reply

    def await_post(self, timeout_s: float, *, refuse: bool = False) -> str:
        """Who posts next; "" = nobody within that time. refuse: it is not taken, and its sender does not know that yet."""
        with self._lock:
            before, self._refuses_next = self._posts[0], refuse
            found = self._lock.wait_for(lambda: self._posts[0] > before, timeout_s)
            self._refuses_next = False
            return self._posts[1] if found else ""

    def _reply_to(self, headers: dict[str, str]) -> Reply:
        self._posts = (self._posts[0] + 1, headers.get("user-agent", ""))
        if self._refuses_next:
            self._refuses_next = False
            return REFUSED
        number = headers.get("webhook-id", "")
        is_first = number not in self._seen
        self._seen.add(number)
        return self._random.choice(FLAWS) if is_first and self._random.random() < self._flaws else Reply()
