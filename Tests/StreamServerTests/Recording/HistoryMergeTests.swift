import Journal
import Testing

@testable import StreamServer

@Suite("History merge")
struct HistoryMergeTests {
    private static func at(_ second: Int64) -> Timestamp {
        Timestamp(microseconds: second * 1_000_000)
    }

    /// An event that is recorded; its data is its key.
    private func event(_ key: UInt64) throws -> UpstreamEvent {
        UpstreamEvent(
            key: key,
            content: .recorded(
                Draft(try Event(type: .messageSent, data: Array("{\"n\":\(key)}".utf8)), key: key)))
    }

    private func events(_ keys: some Sequence<UInt64>) throws -> [UpstreamEvent] {
        try keys.map { try event($0) }
    }

    private func noise(_ key: UInt64) -> UpstreamEvent {
        UpstreamEvent(key: key, content: .passed)
    }

    /// What comes out, as text: keys, and gaps as reason, from and until in seconds.
    private func told(_ recordings: [Recording]) -> [String] {
        recordings.map { recording in
            switch recording {
            case .event(let draft): draft.key.map(String.init) ?? "?"
            case .gap(let gap):
                "\(gap.reason.rawValue) \(gap.from.microseconds / 1_000_000)-"
                    + "\(gap.until.microseconds / 1_000_000)"
            }
        }
    }

    /// A merge whose first link told `keys` at second 1 and is lost.
    private func lost(after keys: [UInt64]) throws -> HistoryMerge {
        var merge = HistoryMerge(memory: nil)
        merge.connected(at: Self.at(0))
        _ = merge.settled(at: Self.at(1))
        for key in keys { _ = merge.heard(try event(key), at: Self.at(1)) }
        merge.disconnected()
        return merge
    }

    private func history(
        _ merge: inout HistoryMerge, _ events: [UpstreamEvent], at second: Int64 = 9,
        recorded: Set<UInt64> = []
    ) -> [String] {
        told(
            merge.history(events, at: Self.at(second)) { recorded.contains($0.key) })
    }

    // MARK: The history

    @Test("at the very first connect everything is taken, and no gap is told")
    func firstConnect() throws {
        var merge = HistoryMerge(memory: nil)
        merge.connected(at: Self.at(0))
        let keys = (1...100).map(UInt64.init)
        #expect(history(&merge, try events(keys)) == keys.map(String.init))
        #expect(told(merge.heard(try event(101), at: Self.at(9))) == ["101"])
    }

    @Test("a history that overlaps fills what was missed, without a gap")
    func overlap() throws {
        var merge = try lost(after: [1, 2, 3])
        merge.connected(at: Self.at(5))
        #expect(history(&merge, try events([1, 2, 3, 4, 5])) == ["4", "5"])
    }

    @Test("noise counts for the overlap")
    func noiseOverlaps() throws {
        var merge = try lost(after: [1])
        merge.connected(at: Self.at(2))
        _ = merge.history([], at: Self.at(2)) { _ in false }
        #expect(told(merge.heard(noise(7), at: Self.at(3))) == [])
        merge.disconnected()
        merge.connected(at: Self.at(5))
        let full = [noise(7)] + (100..<199).map { noise($0) }
        #expect(history(&merge, full) == [])
    }

    @Test("a full history that does not overlap tells an outage, before what it has")
    func outage() throws {
        var merge = try lost(after: [1, 2, 3])
        merge.connected(at: Self.at(5))
        let keys = (10..<110).map(UInt64.init)
        #expect(
            history(&merge, try events(keys))
                == ["upstream_outage 1-9"] + keys.map(String.init))
    }

    @Test("a history that is not full and does not overlap tells a restart", arguments: [0, 1, 99])
    func restart(count: UInt64) throws {
        var merge = try lost(after: [1, 2, 3])
        merge.connected(at: Self.at(5))
        let keys = (10..<10 + count).map { $0 }
        #expect(
            history(&merge, try events(keys))
                == ["upstream_restart 1-9"] + keys.map(String.init))
    }

    @Test("a link that settles without a history tells a restart")
    func noHistory() throws {
        var merge = try lost(after: [1])
        merge.connected(at: Self.at(5))
        #expect(told(merge.heard(try event(2), at: Self.at(6))) == [])
        #expect(told(merge.settled(at: Self.at(7))) == ["upstream_restart 1-7", "2"])
        #expect(told(merge.settled(at: Self.at(8))) == [])
    }

    @Test("an upstream that had said nothing is believed when its history is not full")
    func blank() throws {
        var merge = try lost(after: [])
        merge.connected(at: Self.at(5))
        #expect(history(&merge, try events([1, 2])) == ["1", "2"])
        merge = try lost(after: [])
        merge.connected(at: Self.at(5))
        let keys = (10..<110).map(UInt64.init)
        #expect(history(&merge, try events(keys)).first == "upstream_outage 1-9")
    }

    @Test("after our own restart what is missing is our outage")
    func recorderOutage() throws {
        let memory = UpstreamMemory(keys: [1, 2], heardAt: Self.at(1))
        var merge = HistoryMerge(memory: memory)
        merge.connected(at: Self.at(5))
        #expect(history(&merge, try events([2, 3])) == ["3"])
        for keys in [Array(10..<110), [10], []] as [[UInt64]] {
            merge = HistoryMerge(memory: memory)
            merge.connected(at: Self.at(5))
            #expect(
                history(&merge, try events(keys))
                    == ["recorder_outage 1-9"] + keys.map(String.init))
        }
    }

    @Test("what was forgotten is not taken for nothing")
    func forgetful() throws {
        var merge = HistoryMerge(memory: UpstreamMemory(heardAt: Self.at(1), isForgetful: true))
        merge.connected(at: Self.at(5))
        #expect(history(&merge, []) == ["recorder_outage 1-9"])
    }

    @Test("what the journal holds overlaps even where it is not remembered")
    func recorded() throws {
        var merge = HistoryMerge(memory: UpstreamMemory(heardAt: Self.at(1), isForgetful: true))
        merge.connected(at: Self.at(5))
        #expect(history(&merge, try events([1, 2, 3]), recorded: [1, 2]) == ["1", "2", "3"])
    }

    // MARK: Live events beside the history

    @Test("events before the history wait for it, and count once")
    func race() throws {
        var merge = try lost(after: [1])
        merge.connected(at: Self.at(5))
        #expect(told(merge.heard(try event(3), at: Self.at(6))) == [])
        #expect(told(merge.heard(try event(4), at: Self.at(6))) == [])
        #expect(history(&merge, try events([1, 2, 3])) == ["2", "3", "4"])
        // And one that the history had comes live after it.
        #expect(told(merge.heard(try event(2), at: Self.at(10))) == [])
        #expect(told(merge.heard(try event(2), at: Self.at(10))) == ["2"])
    }

    @Test("two events that look alike are two, live and in the history")
    func alike() throws {
        var merge = try lost(after: [1, 1])
        merge.connected(at: Self.at(5))
        #expect(history(&merge, try events([1, 1, 1])) == ["1"])
    }

    @Test("a second history on one link adds what is new, and tells no gap")
    func again() throws {
        var merge = try lost(after: [1])
        merge.connected(at: Self.at(5))
        _ = history(&merge, try events([1]))
        #expect(history(&merge, try events([7, 8])) == ["7", "8"])
    }

    @Test("what came on a link that ended before its history is kept for the next")
    func carried() throws {
        var merge = try lost(after: [1])
        merge.connected(at: Self.at(2))
        #expect(told(merge.heard(try event(3), at: Self.at(3))) == [])
        merge.disconnected()
        var other = merge
        merge.connected(at: Self.at(5))
        #expect(history(&merge, try events([1, 2, 3, 4])) == ["2", "3", "4"])
        // Where the next history reaches back to it, but not beyond: one gap before it.
        var third = other
        other.connected(at: Self.at(5))
        let keys = (3..<103).map(UInt64.init)
        #expect(
            history(&other, try events(keys)) == ["upstream_outage 1-3"] + keys.map(String.init))
        // Where it does not: one on either side.
        third.connected(at: Self.at(5))
        #expect(
            history(&third, try events([8]))
                == ["upstream_restart 1-3", "3", "upstream_restart 3-9", "8"])
    }

    @Test("too many events are not held back for a history")
    func full() throws {
        var merge = try lost(after: [1])
        merge.connected(at: Self.at(5))
        var all: [String] = []
        for key in 0..<UInt64(HistoryMerge.heldEventsMax) {
            all += told(merge.heard(try event(key + 2), at: Self.at(6)))
        }
        #expect(all.count == HistoryMerge.heldEventsMax + 1)
        #expect(all.first == "upstream_restart 1-6")
        #expect(!merge.isUndecided)
    }

    // MARK: Too large

    @Test("a message that is too large is told where it stood")
    func tooLarge() throws {
        var merge = try lost(after: [1])
        merge.connected(at: Self.at(5))
        _ = history(&merge, try events([1]))
        #expect(told(merge.tooLarge(at: Self.at(12))) == ["too_large 5-12"])
        #expect(told(merge.heard(try event(2), at: Self.at(13))) == ["2"])
        let large = UpstreamEvent(key: 3, content: .tooLarge)
        #expect(told(merge.heard(large, at: Self.at(14))) == ["too_large 13-14"])
        merge.disconnected()
        merge.connected(at: Self.at(15))
        #expect(history(&merge, [try event(2), large, try event(4)]) == ["4"])
    }

    @Test("a history that is too large is told once, and what came before it is kept")
    func tooLargeHistory() throws {
        var merge = try lost(after: [1])
        merge.connected(at: Self.at(5))
        _ = merge.heard(try event(2), at: Self.at(6))
        #expect(told(merge.tooLarge(at: Self.at(7))) == ["too_large 1-7", "2"])
        #expect(told(merge.settled(at: Self.at(8))) == [])
    }

    @Test("without a link nothing counts")
    func away() throws {
        var merge = HistoryMerge(memory: nil)
        #expect(told(merge.heard(try event(1), at: Self.at(1))) == [])
        #expect(history(&merge, try events([1])) == [])
        #expect(told(merge.tooLarge(at: Self.at(1))) == [])
        #expect(merge.memory == nil)
    }
}
