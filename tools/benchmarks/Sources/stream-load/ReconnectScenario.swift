import Foundation

/// Clients whose server is killed and started again: when all are live again, and what they were
/// told.
///
/// Says `READY` when the server may be killed. Clients connect again as soon as they can: nobody
/// waits for as long as the server asks browsers to.
struct ReconnectScenario {
    /// Events that are published before, while the clients return, and after.
    private static let eventsEach = 10

    private let arguments: Arguments

    init(_ arguments: Arguments) {
        self.arguments = arguments
    }

    func run() throws(LoadError) {
        let count = try arguments.whole("clients")
        let crowd = try Crowd(try arguments.server(), readsFrames: true)
        try crowd.open(count)
        try crowd.openPublisher()
        var published = 0
        try publish(crowd, &published)
        try wait(crowd, "all have the first events") { crowd.tally.delivered == published * count }
        crowd.reconnects = true
        Results.tell("READY")
        try wait(crowd, "all have lost their connection") { crowd.disconnections >= count }
        try wait(crowd, "someone is back") { crowd.clients.contains { $0.state == .body } }
        Results.print("first_back_at", Double(LoadClock.now) / 1e9)
        try crowd.openPublisher()
        try publish(crowd, &published)
        try wait(crowd, "all are live again") { crowd.clients.allSatisfy(\.isLive) }
        Results.print("all_live_at", Double(LoadClock.now) / 1e9)
        try publish(crowd, &published)
        try wait(crowd, "all have all") { crowd.clients.allSatisfy { $0.expected == published } }
        Results.print("gaps", Double(crowd.clients.reduce(0) { $0 + ($1.frames?.gaps ?? 0) }))
        Results.print("resets", Double(crowd.clients.reduce(0) { $0 + ($1.frames?.resets ?? 0) }))
        Results.print("refusals", Double(crowd.disconnections - count))
        Results.print(crowd.tally)
    }

    private func publish(_ crowd: Crowd, _ published: inout Int) throws(LoadError) {
        let server = crowd.server
        let events = published..<published + ReconnectScenario.eventsEach
        published = events.upperBound
        let template = LoadEvent.Template(run: server.run)
        try crowd.publish { out in
            server.appendRequests(events, template, due: { _ in LoadClock.now }, to: &out)
        }
    }

    private func wait(_ crowd: Crowd, _ what: String, until isSo: () -> Bool) throws(LoadError) {
        let deadline = LoadClock.after(60)
        while !isSo() {
            // Not before all are gone, so that nobody returns to the server that is to be killed.
            if crowd.disconnections >= crowd.clients.count { try crowd.reconnect() }
            try crowd.turn(milliseconds: 5)
            guard LoadClock.now < deadline else { throw LoadError("not within 60 s: \(what)") }
        }
    }
}
