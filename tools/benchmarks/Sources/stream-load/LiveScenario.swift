/// Clients that all follow one run, and a publisher at some pace.
struct LiveScenario {
    private let crowd: Crowd
    private let drive: Drive
    private let seconds: Double
    private let warmSeconds: Double
    private let arguments: Arguments

    init(_ arguments: Arguments) throws(LoadError) {
        self.arguments = arguments
        seconds = try arguments.number("seconds")
        warmSeconds = try arguments.number("warm", 2)
        crowd = try Crowd(try arguments.server())
        try crowd.open(try arguments.whole("clients"))
        try crowd.openPublisher()
        drive = Drive(crowd, try arguments.cost())
        try drive.greet()
    }

    /// As much as the server can deliver.
    func saturated() throws(LoadError) {
        let pace = Pace.saturated(
            batch: try arguments.whole("batch", 64), ahead: try arguments.whole("ahead", 128))
        try measure(pace)
    }

    /// The next event when all clients have the last.
    func inFlight() throws(LoadError) {
        try measure(.oneInFlight)
    }

    private func measure(_ pace: Pace) throws(LoadError) {
        _ = try drive.run(pace, seconds: warmSeconds)
        Results.print(try drive.run(pace, seconds: seconds))
        Results.print(crowd.tally)
    }

    /// So many events a second: how long each takes, and whether all arrive in the end.
    func atRate() throws(LoadError) {
        let rate = try arguments.number("rate")
        // Ten times as often as events are due, so that none waits long for its turn.
        try crowd.wake(every: max(0.1 / rate, 0.0002))
        _ = try drive.run(.rate(rate), seconds: warmSeconds)
        crowd.tally.latencies = Latencies()
        let window = try drive.run(.rate(rate), seconds: seconds)
        try drive.settle(within: 1)
        Results.print(window)
        if let latencies = crowd.tally.latencies {
            Results.print("p50", latencies.percentile(50))
            Results.print("p99", latencies.percentile(99))
        }
        // What the last turns owe is no sign of falling behind.
        let sent = Double(drive.published) / ((warmSeconds + seconds) * rate)
        Results.print("sustained", drive.deliveredShare * (sent > 0.98 ? 1 : sent))
        Results.print(crowd.tally)
    }
}
