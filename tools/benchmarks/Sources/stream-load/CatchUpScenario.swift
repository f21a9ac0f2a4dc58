/// One client that asks for everything that was published before.
struct CatchUpScenario {
    /// Events that are published at once beforehand.
    private static let batch = 500
    /// Events a second that nchan is given: of more some never come, as it numbers those of a second
    /// in 16 bits.
    private static let nchanRate = 15_000

    private let arguments: Arguments

    init(_ arguments: Arguments) {
        self.arguments = arguments
    }

    func run() throws(LoadError) {
        let events = try arguments.whole("events")
        var server = try arguments.server()
        server.run = "long"
        try fill(server, events)
        let cost = try arguments.cost()
        let cpu = try cost.cpuSeconds()
        var bytes = 0
        var rates: [Double] = []
        for _ in 0..<(try arguments.whole("times", 5)) {
            let crowd = try Crowd(server)
            let start = LoadClock.now
            try crowd.open(1)
            let deadline = LoadClock.after(120)
            while crowd.tally.delivered < events {
                try crowd.turn(milliseconds: 100)
                guard LoadClock.now < deadline else {
                    throw LoadError("\(crowd.tally.delivered) of \(events) events came in 120 s")
                }
            }
            let seconds = Double(LoadClock.now - start) / 1e9
            rates.append(Double(crowd.tally.bytes) / seconds / 1e6)
            guard crowd.tally.lost == 0, crowd.tally.duplicated == 0 else {
                throw LoadError("\(crowd.tally.lost) lost, \(crowd.tally.duplicated) twice")
            }
            bytes += crowd.tally.bytes
            crowd.clients[0].disconnect(retryAt: 0)
        }
        Results.print("cpu_per_gigabyte", (try cost.cpuSeconds() - cpu) / Double(bytes) * 1e9)
        Results.print("megabytes_per_second", rates.sorted()[rates.count / 2])
        Results.print("best", rates.max() ?? .nan)
    }

    private func fill(_ server: LoadServer, _ events: Int) throws(LoadError) {
        let crowd = try Crowd(server)
        try crowd.openPublisher()
        let template = LoadEvent.Template(run: server.run)
        var published = 0
        let start = LoadClock.now
        let each = server.kind == .nchan ? 1_000_000_000 / UInt64(CatchUpScenario.nchanRate) : 0
        while published < events || crowd.unanswered > 0 {
            let isDue = LoadClock.now >= start + UInt64(published) * each
            if crowd.unanswered == 0, published < events, isDue {
                let part = published..<min(published + CatchUpScenario.batch, events)
                try crowd.publish { out in
                    server.appendRequests(part, template, due: { _ in 0 }, to: &out)
                }
                published = part.upperBound
            }
            try crowd.turn(milliseconds: 1)
        }
    }
}
