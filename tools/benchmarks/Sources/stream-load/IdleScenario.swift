/// Clients that wait for events that do not come: what each costs in memory.
struct IdleScenario {
    private let arguments: Arguments

    init(_ arguments: Arguments) {
        self.arguments = arguments
    }

    func run() throws(LoadError) {
        let count = try arguments.whole("clients")
        let server = try arguments.server()
        let cost = try arguments.cost()
        let crowd = try Crowd(server, readsFrames: server.kind == .tapedeck)
        // What the first clients cost is what the server needs once.
        try crowd.open(100)
        try rest(crowd, seconds: 1)
        let before = try cost.memoryKiB()
        try crowd.open(count, within: 120)
        try rest(crowd, seconds: 3)
        let cpu = try cost.cpuSeconds()
        try rest(crowd, seconds: 5)
        Results.print("kib_per_client", (try cost.memoryKiB() - before) / Double(count))
        Results.print("idle_cpu", (try cost.cpuSeconds() - cpu) / 5)
    }

    private func rest(_ crowd: Crowd, seconds: Double) throws(LoadError) {
        let end = LoadClock.after(seconds)
        while LoadClock.now < end { try crowd.turn(milliseconds: 100) }
    }
}
