import Journal
import Testing

@testable import StreamServer

@Suite("Subscriber")
struct SubscriberTests {
    private func subscriber(at next: Int) -> Subscriber {
        Subscriber(cursor: cursor(next), seq: .none)
    }

    @Test("a reader behind the feed reads the journal, then takes from the feed, then is live")
    func backlogThenLive() {
        var reader = subscriber(at: 0)
        #expect(
            reader.next(isWritable: true, feedStart: cursor(5), end: cursor(8)) == .read(.start))
        #expect(reader.state == .reading)
        reader.sent(6, to: cursor(6), lastSent: cursor(6), seq: RunSequence(rawValue: 6))
        #expect(reader.state == .backlog)
        #expect(
            reader.next(isWritable: true, feedStart: cursor(5), end: cursor(8)) == .take(cursor(6)))
        reader.sent(1, to: cursor(8), lastSent: cursor(7), seq: RunSequence(rawValue: 7))
        #expect(
            reader.next(isWritable: true, feedStart: cursor(5), end: cursor(8)) == .announceLive)
        #expect(reader.state == .live)
        #expect(reader.replayed == 7)
        #expect(reader.seq.rawValue == 7)
        #expect(reader.told == cursor(7))
        #expect(reader.cursor == cursor(8))
    }

    @Test("a reader is told once that it is live, though it falls behind and catches up again")
    func announcesOnce() {
        var reader = subscriber(at: 3)
        #expect(
            reader.next(isWritable: true, feedStart: cursor(3), end: cursor(3)) == .announceLive)
        #expect(reader.next(isWritable: true, feedStart: cursor(3), end: cursor(3)) == .wait)
        #expect(
            reader.next(isWritable: true, feedStart: cursor(9), end: cursor(9)) == .read(cursor(3)))
        reader.sent(6, to: cursor(9), lastSent: cursor(9), seq: nil)
        #expect(reader.state == .live)
        #expect(reader.next(isWritable: true, feedStart: cursor(9), end: cursor(9)) == .wait)
        #expect(reader.replayed == 0)
    }

    @Test("nothing is read or taken while a read is under way")
    func oneReadAtATime() {
        var reader = subscriber(at: 0)
        #expect(
            reader.next(isWritable: true, feedStart: cursor(5), end: cursor(5)) == .read(.start))
        for start in [0, 5, 9] {
            #expect(
                reader.next(isWritable: true, feedStart: cursor(start), end: cursor(9)) == .wait)
        }
    }

    @Test("nothing is done for a socket without room")
    func waitsForRoom() {
        var reader = subscriber(at: 2)
        for (start, end) in [(0, 2), (0, 5), (5, 5)] {
            #expect(
                reader.next(isWritable: false, feedStart: cursor(start), end: cursor(end)) == .wait)
        }
        #expect(reader.state == .backlog)
        #expect(
            reader.next(isWritable: true, feedStart: cursor(0), end: cursor(2)) == .announceLive)
    }

    @Test("a cursor never goes back")
    func neverGoesBack() {
        var reader = subscriber(at: 7)
        reader.sent(0, to: cursor(4), lastSent: nil, seq: nil)
        #expect(reader.cursor == cursor(7))
        #expect(reader.told == cursor(7))
    }

    @Test("a move over other runs' records is untold until it is told")
    func told() {
        var reader = subscriber(at: 1)
        reader.sent(0, to: cursor(6), lastSent: nil, seq: nil)
        #expect(reader.cursor == cursor(6))
        #expect(reader.told == cursor(1))
        reader.toldCursor()
        #expect(reader.told == cursor(6))
    }

    @Test("closed stays closed, even when a read that was under way ends")
    func closed() {
        var reader = subscriber(at: 0)
        _ = reader.next(isWritable: true, feedStart: cursor(5), end: cursor(5))
        reader.close()
        reader.sent(5, to: cursor(5), lastSent: cursor(5), seq: nil)
        #expect(reader.state == .closed)
        #expect(reader.next(isWritable: true, feedStart: cursor(5), end: cursor(9)) == .wait)
    }

    @Test(
        "whatever the feed does, every record is taken exactly once and in order",
        arguments: 0..<200 as Range<UInt64>)
    func takesEachOnce(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var model = Model(start: Int.random(in: 0...3, using: &generator))
        for _ in 0..<400 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0...1: model.publish(Int.random(in: 1...5, using: &generator))
            case 2: model.deliver(Int.random(in: 0...8, using: &generator))
            case 3: model.evict(Int.random(in: 0...8, using: &generator))
            case 4: model.isWritable.toggle()
            case 5...6: model.finishRead(Int.random(in: 0...6, using: &generator))
            default: model.step(Int.random(in: 1...6, using: &generator))
            }
        }
        model.drain()
        #expect(model.faults == [])
        #expect(model.taken == Array(model.start..<model.journalEnd))
        #expect(model.lives == 1)
        #expect(model.reader.replayed == UInt64(model.takenBeforeLive))
    }
}

/// A journal and a feed that are no more than numbers: every offset is a record of the selection.
private struct Model {
    let start: Int
    var reader: Subscriber
    var journalEnd: Int
    var feedStart: Int
    var feedEnd: Int
    var isWritable = true
    var pendingRead: Int?
    var taken: [Int] = []
    var takenBeforeLive = 0
    var lives = 0
    var faults: [String] = []

    init(start: Int) {
        self.start = start
        (journalEnd, feedStart, feedEnd) = (start, start, start)
        reader = Subscriber(cursor: cursor(start), seq: .none)
    }

    mutating func publish(_ count: Int) { journalEnd += count }

    mutating func deliver(_ count: Int) { feedEnd = min(feedEnd + count, journalEnd) }

    mutating func evict(_ count: Int) { feedStart = min(feedStart + count, feedEnd) }

    mutating func step(_ batch: Int) {
        let before = reader.cursor
        let action = reader.next(
            isWritable: isWritable, feedStart: cursor(feedStart), end: cursor(feedEnd))
        if pendingRead != nil || !isWritable, action != .wait {
            faults.append("\(action) while a read is under way or the socket is full")
        }
        switch action {
        case .wait:
            break
        case .announceLive:
            lives += 1
            if before < cursor(feedEnd) { faults.append("live at \(before), before the end") }
        case .take(let from):
            let place = Int(from.next.rawValue)
            if place < feedStart { faults.append("take at \(place), the feed is at \(feedStart)") }
            send(place, upTo: min(place + batch, feedEnd))
        case .read(let from):
            pendingRead = Int(from.next.rawValue)
        }
        if reader.cursor < before { faults.append("back from \(before) to \(reader.cursor)") }
    }

    mutating func finishRead(_ batch: Int) {
        guard let place = pendingRead else { return }
        pendingRead = nil
        send(place, upTo: min(place + batch, journalEnd))
    }

    private mutating func send(_ place: Int, upTo limit: Int) {
        let sent = Array(place..<max(place, limit))
        taken += sent
        if lives == 0 { takenBeforeLive += sent.count }
        let last = sent.isEmpty ? nil : cursor(limit)
        reader.sent(sent.count, to: cursor(limit), lastSent: last, seq: nil)
    }

    mutating func drain() {
        isWritable = true
        deliver(journalEnd - feedEnd)
        for _ in 0..<journalEnd + 3 {
            finishRead(journalEnd)
            step(journalEnd)
        }
    }
}
