import Journal
import TestSupport
import Testing

@testable import StreamServer

/// A simulated Event Stream service and its recorder, through drops, restarts of either and races,
/// held against a ledger of everything that was emitted.
@Suite("History ledger")
struct HistoryLedgerTests {
    /// The service: what it says, and what it repeats.
    private struct Service {
        var count: UInt64 = 0
        var buffer: [UpstreamEvent] = []

        /// Emits one event; one in three is of a type that is not recorded.
        mutating func emit(isNoise: Bool) throws -> UpstreamEvent {
            count += 1
            let draft = Draft(try Event(type: .messageSent, data: Array("{}".utf8)), key: count)
            let event = UpstreamEvent(
                key: count, content: isNoise ? .passed : .recorded(draft))
            buffer = Array((buffer + [event]).suffix(HistoryMerge.historyMax))
            return event
        }
    }

    /// What was journaled, and what the recorder knew on disk when.
    private struct Ledger {
        enum Line: Equatable {
            case event(UInt64)
            case gap
        }
        var lines: [Line] = []
        /// Keys of events that are to be recorded.
        var emitted: [UInt64] = []

        mutating func journal(_ recordings: [Recording]) {
            lines += recordings.map { recording in
                switch recording {
                case .event(let draft): .event(draft.key ?? 0)
                case .gap: .gap
                }
            }
        }
    }

    @Test(
        "each event is recorded once, or a gap stands in its place; no gap where the history overlaps",
        arguments: 0..<200)
    func ledger(round: UInt64) throws {
        var random = SplitMix64(seed: 0x7A9E_DECC + round)
        var service = Service()
        var ledger = Ledger()
        var merge = HistoryMerge(memory: nil)
        var onDisk: UpstreamMemory?
        var now: Int64 = 0
        func moment() -> Timestamp {
            now += 1_000
            return Timestamp(microseconds: now)
        }
        func emit() throws -> UpstreamEvent {
            let event = try service.emit(isNoise: Int.random(in: 0..<3, using: &random) == 0)
            if case .recorded = event.content { ledger.emitted.append(event.key) }
            return event
        }
        // What was said before the first link may be missing.
        _ = try emit()
        merge.connected(at: moment())
        ledger.journal(merge.history(service.buffer, at: moment()) { _ in false })
        onDisk = merge.memory
        /// The newest event that was heard for good.
        var heard = service.count
        func linkUp(isCut: Bool) throws {
            merge.connected(at: moment())
            var late: [UpstreamEvent] = []
            // Events that race with the history: heard before it, after it, or within.
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                let event = try emit()
                if late.isEmpty, Bool.random(using: &random) {
                    ledger.journal(merge.heard(event, at: moment()))
                } else {
                    late.append(event)
                }
            }
            guard !isCut else { return merge.disconnected() }
            let isBridged = service.buffer.contains { $0.key == heard }
            let recordings = merge.history(service.buffer, at: moment()) { _ in false }
            let gaps = recordings.count { if case .gap = $0 { true } else { false } }
            #expect((gaps == 0) == isBridged, "a gap is told where none is, or the other way round")
            ledger.journal(recordings)
            for event in late { ledger.journal(merge.heard(event, at: moment())) }
            heard = service.count
            onDisk = merge.memory
        }
        for _ in 0..<Int.random(in: 5..<40, using: &random) {
            if !merge.isUndecided {
                for _ in 0..<Int.random(in: 0..<30, using: &random) {
                    let event = try emit()
                    ledger.journal(merge.heard(event, at: moment()))
                    heard = merge.memory?.keys.last ?? heard
                    onDisk = merge.memory
                }
            }
            merge.disconnected()
            let missed = [0, 1, 50, 99, 100, 101, 300].randomElement(using: &random) ?? 0
            for _ in 0..<missed { _ = try emit() }
            switch Int.random(in: 0..<6, using: &random) {
            case 0: service.buffer = []
            case 1: merge = HistoryMerge(memory: onDisk)
            case 2:
                service.buffer = []
                merge = HistoryMerge(memory: onDisk)
            default: break
            }
            try linkUp(isCut: Int.random(in: 0..<6, using: &random) == 0)
        }
        merge.disconnected()
        try linkUp(isCut: false)
        try check(ledger)
    }

    private func check(_ ledger: Ledger) throws {
        var position: [UInt64: Int] = [:]
        for (place, line) in ledger.lines.enumerated() {
            guard case .event(let key) = line else { continue }
            #expect(position[key] == nil, "event \(key) is recorded twice")
            position[key] = place
        }
        let keys = ledger.lines.compactMap { if case .event(let key) = $0 { key } else { nil } }
        let swapped = zip(keys, keys.dropFirst()).first { $0 >= $1 }
        #expect(swapped == nil, "events are out of order")
        var before = -1
        var missing: [UInt64] = []
        for key in ledger.emitted {
            guard let place = position[key] else {
                missing.append(key)
                continue
            }
            if !missing.isEmpty {
                let hasGap = ledger.lines[(before + 1)..<place].contains(.gap)
                #expect(hasGap, "\(missing.count) events before \(key) are missing without a word")
            }
            missing = []
            before = place
        }
        #expect(missing.isEmpty || ledger.lines[(before + 1)...].contains(.gap))
    }
}
