/// Publishes to a crowd at some pace, and measures what arrives meanwhile.
final class Drive {
    /// Events that are published at once at a fixed rate, at most.
    private static let batchMax = 500
    /// Requests of nchan that are under way at a fixed rate, at most.
    private static let pipelinedMax = 4096

    /// What arrived in some time.
    struct Window {
        var seconds = 0.0
        var delivered = 0
        var serverCPU = 0.0
        var ownCPU = 0.0
        var rate: Double { Double(delivered) / seconds }
    }

    let crowd: Crowd
    private let cost: ProcessCost
    private let template: LoadEvent.Template
    /// Events that were published.
    private(set) var published = 0
    /// Clients that count.
    private(set) var audience: Int
    private var paceStart: (moment: UInt64, published: Int)?

    init(_ crowd: Crowd, _ cost: ProcessCost) {
        self.crowd = crowd
        self.cost = cost
        template = LoadEvent.Template(run: crowd.server.run)
        audience = crowd.clients.count
    }

    /// What was published and has not arrived.
    private var outstanding: Int { published * audience - crowd.tally.delivered }

    /// Publishes one event, and waits until all have it: everybody listens then.
    func greet(within seconds: Double = 20) throws(LoadError) {
        publish(1)
        try flush()
        try settle(within: seconds)
        guard outstanding == 0 else {
            throw LoadError("\(outstanding) of \(audience) clients do not get the first event")
        }
    }

    /// Publishes at that pace for so long.
    func run(_ pace: Pace, seconds: Double) throws(LoadError) -> Window {
        var window = Window()
        let start = LoadClock.now
        let end = start + UInt64(seconds * 1e9)
        let delivered = crowd.tally.delivered
        let cpu = (try cost.cpuSeconds(), ProcessCost.ownCPUSeconds)
        var now = start
        while now < end {
            step(pace, now)
            try flush()
            try crowd.turn(milliseconds: 20)
            now = LoadClock.now
        }
        window.seconds = Double(now - start) / 1e9
        window.delivered = crowd.tally.delivered - delivered
        window.serverCPU = try cost.cpuSeconds() - cpu.0
        window.ownCPU = ProcessCost.ownCPUSeconds - cpu.1
        return window
    }

    /// Publishes nothing more, and waits until all have everything, or the time is up.
    func settle(within seconds: Double) throws(LoadError) {
        let deadline = LoadClock.after(seconds)
        while outstanding > 0 || crowd.unanswered > 0, LoadClock.now < deadline {
            try flush()
            try crowd.turn(milliseconds: 5)
        }
        paceStart = nil
    }

    /// The share of what was published that has arrived.
    var deliveredShare: Double {
        Double(crowd.tally.delivered) / Double(max(published * audience, 1))
    }

    /// Takes a client out of what counts, or back in once it has everything.
    func setCounted(_ counts: Bool, _ client: StreamClient) {
        client.counts = counts
        audience += counts ? 1 : -1
        // What it got or did not get until now is out of the sum.
        crowd.tally.delivered += counts ? client.expected : -client.expected
    }

    private var pending: [UInt8] = []
    private var pendingRequests = 0

    private func step(_ pace: Pace, _ now: UInt64) {
        switch pace {
        case .saturated(let batch, let ahead):
            let limit = crowd.server.kind == .tapedeck ? 0 : batch
            if crowd.unanswered <= limit, outstanding <= ahead * audience { publish(batch) }
        case .oneInFlight:
            if crowd.unanswered == 0, outstanding == 0 { publish(1) }
        case .rate(let perSecond):
            let start = paceStart ?? (now, published)
            paceStart = start
            let elapsed = Double(now - start.moment) / 1e9
            let due = start.published + Int(elapsed * perSecond) - published
            let limit = crowd.server.kind == .tapedeck ? 0 : Drive.pipelinedMax
            guard due > 0, crowd.unanswered <= limit else { return }
            publish(min(due, Drive.batchMax)) { number in
                // The first is due after one interval, as it is published.
                let seconds = Double(number - start.published + 1) / perSecond
                return start.moment + UInt64(seconds * 1e9)
            }
        }
    }

    private func publish(_ count: Int, due: ((Int) -> UInt64)? = nil) {
        let now = LoadClock.now
        let events = published..<published + count
        pendingRequests += crowd.server.appendRequests(
            events, template, due: due ?? { _ in now }, to: &pending)
        published += count
    }

    private func flush() throws(LoadError) {
        guard pendingRequests > 0 else { return }
        let bytes = pending
        let requests = pendingRequests
        pending = []
        pendingRequests = 0
        try crowd.publish { out in
            out += bytes
            return requests
        }
    }
}
