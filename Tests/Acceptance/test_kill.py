"""Twenty clients, thirty kills: what was acknowledged is what each client saw, exactly."""

import threading
import time

import tapedeck

ROUNDS = tapedeck.rounds(30, 500)
RUNS = ["kill-a", "kill-b"]


class Producer(threading.Thread):
    """Posts batches, and posts a batch again until it is acknowledged."""

    def __init__(self, port, rng):
        super().__init__(daemon=True)
        self.port, self.rng = port, rng
        self.acknowledged, self.answers, self.retries, self.failure = [], [], 0, None
        self.stopping = threading.Event()
        self.start()

    def run(self):
        n = 0
        try:
            while not self.stopping.is_set():
                batch = [
                    tapedeck.message(self.rng.choice(RUNS), n + i)
                    for i in range(self.rng.randint(1, 9))
                ]
                n += len(batch)
                self.post(batch)
                self.stopping.wait(self.rng.uniform(0, 0.03))
        except Exception as error:
            self.failure = error

    def post(self, batch):
        body = tapedeck.dump([{"event": tapedeck.MESSAGE, "data": data} for data in batch])
        deadline = time.monotonic() + 20
        while True:
            try:
                connection = tapedeck.Connection(self.port)
                try:
                    reply = connection.request("POST", "/api/events", body=body)
                finally:
                    connection.close()
                break
            except OSError:
                self.retries += 1
                assert time.monotonic() < deadline, "a batch is not acknowledged"
                time.sleep(0.01)
        assert reply.status == 200, (reply.status, reply.body[:300])
        assert sorted([reply.json["appended"], reply.json["duplicates"]]) == [0, len(batch)], (
            f"a batch is atomic, and a retry is a duplicate: {reply.json}"
        )
        self.acknowledged += batch
        self.answers.append((reply.json, len(batch)))


def test_each_client_sees_what_was_acknowledged_through_thirty_kills(serve, rng, figure):
    """Every event once and in order at 20 clients of one run, of both, and of all."""
    server = serve()
    targets = [tapedeck.stream_target(run, {}) for run in (*RUNS, RUNS, None)]
    followers = [tapedeck.Follower(server.port, targets[i % len(targets)]) for i in range(20)]
    producer = Producer(server.port, rng)
    starts = []
    for _ in range(ROUNDS):
        time.sleep(rng.uniform(0.05, 0.4))
        server.restart("kill")
        starts.append(server.start_s * 1000)
        assert producer.failure is None, producer.failure
    time.sleep(0.3)
    producer.stopping.set()
    producer.join(30)
    assert not producer.is_alive() and producer.failure is None, producer.failure
    end = server.say(RUNS[0], "end"), server.say(RUNS[1], "end")
    final = [end[0][0], end[1][0], end[1][0], end[1][0]]
    for i, follower in enumerate(followers):
        last = final[i % len(final)]
        tapedeck.eventually(
            lambda: follower.failure or (follower.events and follower.events[-1].id == last),
            20,
            f"client {i} sees the last event",
        )
        follower.stop()

    seen = {}
    for i, follower in enumerate(followers):
        runs = [[RUNS[0]], [RUNS[1]], RUNS, RUNS][i % 4]
        expected = [data["message_id"] for data in producer.acknowledged if data["run_id"] in runs]
        expected += [f"{run}-end" for run in runs]
        assert [frame.json["message_id"] for frame in follower.events] == expected, f"client {i}"
        offsets = [tapedeck.offset(frame.id) for frame in follower.events]
        assert all(a < b for a, b in zip(offsets, offsets[1:])), f"client {i}: ids do not increase"
        assert not follower.told("stream_gap", "stream_reset"), follower.told(
            "stream_gap", "stream_reset"
        )
        seen.setdefault(i % 4, [frame.raw for frame in follower.events])
        assert [frame.raw for frame in follower.events] == seen[i % 4], (
            f"client {i} saw other bytes"
        )

    position, whole = 0, followers[3].events
    for answer, count in producer.answers:
        ends = whole[position].id, whole[position + count - 1].id
        assert ends == (answer["first_id"], answer["last_id"]), answer
        position += count
    assert producer.retries, "no kill hit a post: nothing was shown"
    figure("kill_events_acknowledged", len(producer.acknowledged), "events")
    figure("kill_retried_posts", producer.retries, "posts")
    figure(
        "kill_reconnects", sum(follower.connections - 1 for follower in followers), "connections"
    )
    figure("kill_restart_p50", tapedeck.percentile(starts, 50), "ms")
    figure("kill_restart_max", max(starts), "ms")
