import Journal

@testable import StreamServer

/// Time that passes when somebody waits, and a hook for what happens meanwhile.
final class FakeTime: Sendable {
    private struct State {
        var passed = Duration.zero
        var pauses = 0
        var onPause: (@Sendable (_ number: Int) throws -> Void)?
    }

    private let start = ContinuousClock.now
    private let state = Locked(State())
    /// The time of day at the start: later than anything that tests say.
    private let wall = Timestamp(microseconds: 1_800_000_000_000_000)

    /// How long it has been.
    var passed: Duration { state.withLock { $0.passed } }
    /// How often somebody has waited.
    var pauses: Int { state.withLock { $0.pauses } }

    /// Calls `body` in each wait with its number, from 1.
    func onPause(_ body: (@Sendable (_ number: Int) throws -> Void)?) {
        state.withLock { $0.onPause = body }
    }

    /// Lets time pass.
    func advance(_ duration: Duration) {
        state.withLock { $0.passed += duration }
    }

    /// What a healer is given.
    var clock: HealerClock {
        HealerClock(
            now: { [self] in start + passed },
            wall: { [self] in
                let passed = passed.components
                return Timestamp(
                    microseconds: wall.microseconds + passed.seconds * 1_000_000
                        + passed.attoseconds / 1_000_000_000_000)
            },
            pause: { [self] duration in
                let (hook, number) = state.withLock { state in
                    state.passed += duration
                    state.pauses += 1
                    return (state.onPause, state.pauses)
                }
                try hook?(number)
            }, limit: { _ in nil })
    }
}
