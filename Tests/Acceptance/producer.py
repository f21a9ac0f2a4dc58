"""A producer that never gives up: each message again and again until it is acknowledged."""

import threading
import time

import tapedeck


class Producer(threading.Thread):
    """Broadcasts messages one by one, and keeps what was acknowledged: ids and bytes of data."""

    def __init__(self, server, run):
        super().__init__(daemon=True)
        self.server, self.run_id = server, run
        self.acknowledged, self.failure, self.stopping = [], None, threading.Event()
        self.start()

    def run(self):
        n = 0
        try:
            while not self.stopping.wait(0.02):
                data, deadline, answer = (
                    tapedeck.message(self.run_id, n),
                    time.monotonic() + 20,
                    None,
                )
                while answer is None:
                    try:
                        answer = self.server.broadcast(data)
                    except OSError:
                        assert time.monotonic() < deadline, "a message is not acknowledged"
                        time.sleep(0.02)
                self.acknowledged.append((answer["id"], tapedeck.dump(data).decode()))
                n += 1
        except Exception as error:
            self.failure = error

    def stop(self):
        """Ends it after the message under way, and returns all that was acknowledged."""
        self.stopping.set()
        self.join(30)
        assert not self.is_alive() and self.failure is None, self.failure
        return self.acknowledged
