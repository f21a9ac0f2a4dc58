import Glibc

/// Clients that resume one after another, each at an id of its own: how long until each hears
/// something, and its first event.
struct ResumeScenario {
    private let arguments: Arguments

    init(_ arguments: Arguments) {
        self.arguments = arguments
    }

    func run() throws(LoadError) {
        let server = try arguments.server()
        guard let path = arguments.text("path"), let epoch = arguments.text("epoch") else {
            throw LoadError("name --path and --epoch")
        }
        let first = try arguments.whole("first")
        let times = try arguments.whole("times")
        var bytes: [Double] = []
        var events: [Double] = []
        for time in 0..<times {
            let taken = try resume(server, path, "\(epoch)-\(first + time)")
            bytes.append(taken.byte)
            events.append(taken.event)
        }
        Results.print("first_of_all", bytes[0])
        Results.print("first_byte_p50", bytes.sorted()[times / 2])
        Results.print("first_byte_p99", bytes.sorted()[max((times * 99 + 99) / 100 - 1, 0)])
        Results.print("first_event_p50", events.sorted()[times / 2])
    }

    /// Milliseconds from the beginning of connecting to the first byte, and to the first event.
    private func resume(_ server: LoadServer, _ path: String, _ id: String) throws(LoadError)
        -> (byte: Double, event: Double)
    {
        let start = LoadClock.now
        let deadline = LoadClock.after(20)
        let socket = try TCPSocket(port: server.port)
        defer { socket.close() }
        let poller = try Poller()
        try poller.add(socket.descriptor, tag: 0, .writable)
        _ = poller.wait(milliseconds: 5000)
        let request = server.request(path: path, lastEventID: id)
        guard socket.connectError == 0, try socket.send(request, from: 0) == request.count else {
            throw LoadError("127.0.0.1:\(server.port) takes no connection")
        }
        try poller.change(socket.descriptor, tag: 0, .readable)
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: 256 << 10, alignment: 64)
        defer { unsafe buffer.deallocate() }
        var byte: Double?
        var frames = FrameReader()
        while LoadClock.now < deadline {
            _ = poller.wait(milliseconds: 1000)
            guard case .bytes(let count) = unsafe socket.receive(into: buffer) else { continue }
            let now = Double(LoadClock.now - start) / 1e6
            byte = byte ?? now
            // Sizes of chunks are lines that mean nothing here.
            unsafe frames.read(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            guard frames.resets == 0, frames.gaps == 0 else {
                throw LoadError("the id \(id) is answered with a gap or a reset")
            }
            if frames.events > 0, let byte { return (byte, now) }
        }
        throw LoadError("no event follows \(id) within 20 s")
    }
}
