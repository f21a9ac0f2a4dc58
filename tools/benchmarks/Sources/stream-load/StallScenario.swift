import Glibc

/// Clients of which one takes nothing for a while, again and again: what the others get meanwhile,
/// and what such a client costs in memory.
struct StallScenario {
    /// Clients that stall together, so that the memory for one can be told from noise.
    private static let stalledForMemory = 20

    private let arguments: Arguments

    init(_ arguments: Arguments) {
        self.arguments = arguments
    }

    func run() throws(LoadError) {
        let cost = try arguments.cost()
        let seconds = try arguments.number("seconds", 1)
        let server = try arguments.server()
        let crowd = try Crowd(server)
        try crowd.open(try arguments.whole("clients"))
        try crowd.openPublisher()
        let drive = Drive(crowd, cost)
        try drive.greet()
        let pace = Pace.saturated(batch: 64, ahead: 128)
        let one = crowd.clients[0]
        drive.setCounted(false, one)
        _ = try drive.run(pace, seconds: 2)
        var shares: [Double] = []
        for _ in 0..<(try arguments.whole("pairs", 9)) {
            let free = try drive.run(pace, seconds: seconds).rate
            try crowd.setPaused(true, one)
            // Until its socket is full, it takes as the others do.
            _ = try drive.run(pace, seconds: 0.3)
            let stalled = try drive.run(pace, seconds: seconds).rate
            try crowd.setPaused(false, one)
            _ = try drive.run(pace, seconds: 1)
            shares.append(stalled / free)
        }
        Results.print("others", shares.sorted()[shares.count / 2])
        try memory(crowd, drive, cost, pace)
        Results.print(crowd.tally)
    }

    private func memory(_ crowd: Crowd, _ drive: Drive, _ cost: ProcessCost, _ pace: Pace)
        throws(LoadError)
    {
        let stalled = crowd.clients[1...StallScenario.stalledForMemory]
        for client in stalled { drive.setCounted(false, client) }
        _ = try drive.run(pace, seconds: 1)
        let before = try cost.memoryKiB()
        for client in stalled { try crowd.setPaused(true, client) }
        _ = try drive.run(pace, seconds: 5)
        let grown = try cost.memoryKiB() - before
        let ports = Set(stalled.compactMap { $0.socket?.localPort })
        let kernel = try ProcessCost.unreadBytes(server: crowd.server.port, peers: ports)
        let number = Double(StallScenario.stalledForMemory)
        Results.print("server_kib", grown / number)
        Results.print("kernel_kib", Double(kernel) / 1024 / number)
        Results.print("memory_kib", grown / number + Double(kernel) / 1024 / number)
    }
}
