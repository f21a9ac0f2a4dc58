import Journal

/// Readers that wait for the next record of a run: the long polls.
final class Arrivals: Sendable {
    /// Readers that wait at once, at most; others are answered without waiting.
    private static let waitersMax = 10_000

    private struct State {
        var waiters: [RunID: [UInt64: CheckedContinuation<Void, Never>]] = [:]
        var count = 0
        var nextToken: UInt64 = 0
        var end: Cursor
    }

    private let state: Locked<State>
    private let journal: Journal

    /// Watches what `journal` publishes.
    init(_ journal: Journal) {
        self.journal = journal
        state = Locked(State(end: Cursor(next: journal.end)))
        journal.observe { [state] publication in
            let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                state.end = max(state.end, Cursor(next: publication.end))
                guard state.count > 0 else { return [] }
                var woken: [CheckedContinuation<Void, Never>] = []
                for run in Set(publication.records.map(\.run)) {
                    woken += (state.waiters.removeValue(forKey: run) ?? [:]).values
                }
                state.count -= woken.count
                return woken
            }
            for continuation in woken { continuation.resume() }
        }
    }

    /// Returns once a record of `run` follows `cursor`, or after `seconds`, or when cancelled.
    func wait(for run: RunID, after cursor: Cursor, seconds: Int) async {
        let token = state.withLock { state in
            state.nextToken += 1
            return state.nextToken
        }
        let timer = Task {
            try? await Task.sleep(for: .seconds(seconds))
            release(run, token)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWaiting = state.withLock { state in
                    // Whatever was published up to `end` may be of this run.
                    guard state.end <= cursor, state.count < Arrivals.waitersMax,
                        !Task.isCancelled
                    else { return false }
                    state.waiters[run, default: [:]][token] = continuation
                    state.count += 1
                    return true
                }
                if !isWaiting { continuation.resume() }
            }
        } onCancel: {
            release(run, token)
        }
        timer.cancel()
    }

    private func release(_ run: RunID, _ token: UInt64) {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let found = state.waiters[run]?.removeValue(forKey: token) else { return nil }
            state.count -= 1
            if state.waiters[run]?.isEmpty == true { state.waiters[run] = nil }
            return found
        }
        continuation?.resume()
    }
}
