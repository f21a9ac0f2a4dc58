/// Connections that post one request after another: what the server acknowledges.
struct WritersScenario {
    private let arguments: Arguments

    init(_ arguments: Arguments) {
        self.arguments = arguments
    }

    func run() throws(LoadError) {
        let server = try arguments.server()
        let batch = try arguments.whole("batch")
        let cost = try arguments.cost()
        let poller = try Poller()
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: 64 << 10, alignment: 64)
        defer { unsafe buffer.deallocate() }
        let template = LoadEvent.Template(run: server.run)
        var writers: [Exchange] = []
        for tag in 0..<(try arguments.whole("writers")) {
            writers.append(try Exchange(server, tag: tag, poller))
        }
        var published = 0
        func post(_ writer: Exchange) throws(LoadError) {
            let events = published..<published + batch
            published += batch
            try writer.send(poller) { out in
                server.appendRequests(events, template, due: { _ in 0 }, to: &out)
            }
        }
        func drive(seconds: Double) throws(LoadError) -> (events: Double, seconds: Double) {
            let start = LoadClock.now
            let end = start + UInt64(seconds * 1e9)
            var answered = 0
            while LoadClock.now < end {
                for number in 0..<poller.wait(milliseconds: 100) {
                    let writer = writers[poller.tag(number)]
                    answered += try unsafe writer.ready(buffer, poller)
                    if writer.unanswered == 0 { try post(writer) }
                }
            }
            // nchan answers each event of a batch, Tapedeck the whole.
            let each = server.kind == .tapedeck ? batch : 1
            return (Double(answered * each), Double(LoadClock.now - start) / 1e9)
        }
        for writer in writers { try post(writer) }
        _ = try drive(seconds: 1)
        let cpu = (try cost.cpuSeconds(), ProcessCost.ownCPUSeconds)
        let done = try drive(seconds: try arguments.number("seconds"))
        Results.print("events_per_second", done.events / done.seconds)
        Results.print("server_cpu", (try cost.cpuSeconds() - cpu.0) / done.seconds)
        Results.print("client_cpu", (ProcessCost.ownCPUSeconds - cpu.1) / done.seconds)
        Results.print("cpu_per_event", (try cost.cpuSeconds() - cpu.0) / done.events * 1e6)
    }
}
