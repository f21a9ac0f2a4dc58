/// All streams that are open to a server, and the connection on which events are published: one
/// loop for all of them.
@safe final class Crowd {
    /// Connections that are being made at once, at most, while nobody is in a hurry.
    private static let connectingMax = 200
    /// The pause before a client connects again.
    private static let retrySeconds = 0.05
    private static let publisherTag = -1
    private static let timerTag = -2

    let server: LoadServer
    let tally = Tally()
    private(set) var clients: [StreamClient] = []
    private let poller: Poller
    private let buffer: UnsafeMutableRawBufferPointer
    private var publisher: Exchange?
    private var timer: PollTimer?
    private let path: String?
    private let readsFrames: Bool
    /// Whether a client that loses its connection connects again; otherwise that is an error.
    var reconnects = false
    /// Clients whose connection was lost, so far.
    private(set) var disconnections = 0

    init(_ server: LoadServer, path: String? = nil, readsFrames: Bool = false) throws(LoadError) {
        self.server = server
        self.path = path
        self.readsFrames = readsFrames
        poller = try Poller()
        unsafe buffer = .allocate(byteCount: 512 << 10, alignment: 64)
    }

    deinit {
        unsafe buffer.deallocate()
    }

    /// Opens so many streams more, and waits until all of them are live.
    func open(_ count: Int, within seconds: Double = 60) throws(LoadError) {
        let deadline = LoadClock.after(seconds)
        let end = clients.count + count
        while true {
            var connecting = clients.count { $0.state == .connecting || $0.state == .head }
            while clients.count < end, connecting < Crowd.connectingMax {
                let client = StreamClient(number: clients.count, readsFrames: readsFrames)
                clients.append(client)
                try client.connect(to: server, poller)
                connecting += 1
            }
            try turn(milliseconds: 10)
            if clients.count == end, clients.allSatisfy(\.isLive) { return }
            guard LoadClock.now < deadline else {
                throw LoadError(
                    "\(clients.count { $0.isLive }) of \(end) streams are live after \(seconds) s")
            }
        }
    }

    /// Opens the connection for publishing.
    func openPublisher() throws(LoadError) {
        publisher?.close()
        publisher = try Exchange(server, tag: Crowd.publisherTag, poller)
    }

    /// Has ``turn(milliseconds:)`` return so often at least.
    func wake(every seconds: Double) throws(LoadError) {
        let timer = try PollTimer(every: seconds)
        try poller.add(timer.descriptor, tag: Crowd.timerTag, .readable)
        self.timer = timer
    }

    /// Requests of the publisher that have no answer yet.
    var unanswered: Int { publisher?.unanswered ?? 0 }

    func publish(_ write: (inout [UInt8]) -> Int) throws(LoadError) {
        try publisher?.send(poller, write)
    }

    /// Stops reading from a client's socket, or reads on.
    func setPaused(_ isPaused: Bool, _ client: StreamClient) throws(LoadError) {
        guard let socket = client.socket else { return }
        if isPaused {
            try poller.remove(socket.descriptor)
        } else {
            try poller.add(socket.descriptor, tag: client.number, .readable)
        }
    }

    /// Waits for at most so long, and takes what has come.
    func turn(milliseconds: Int32) throws(LoadError) {
        let ready = poller.wait(milliseconds: milliseconds)
        for number in 0..<ready {
            switch poller.tag(number) {
            case Crowd.publisherTag: _ = try unsafe publisher?.ready(buffer, poller)
            case Crowd.timerTag: timer?.clear()
            case let tag: try take(clients[tag])
            }
        }
        // So that an answer does not wait for a thousand streams that are ready before it.
        if ready > 1 { _ = try unsafe publisher?.poll(buffer) }
    }

    private func take(_ client: StreamClient) throws(LoadError) {
        if client.state == .connecting {
            if try client.request(of: server, path: path, poller) { return }
            return try lost(client)
        }
        guard let socket = client.socket else { return }
        switch unsafe socket.receive(into: buffer) {
        case .nothingYet: break
        case .closed: try lost(client)
        case .bytes(let count):
            try unsafe client.take(
                UnsafeRawBufferPointer(rebasing: buffer[..<count]), now: LoadClock.now, tally)
        }
    }

    private func lost(_ client: StreamClient) throws(LoadError) {
        guard reconnects else { throw LoadError("the server closed stream \(client.number)") }
        disconnections += 1
        client.disconnect(
            retryAt: LoadClock.after(Crowd.retrySeconds * Double.random(in: 0.5...1.5)))
    }

    /// Connects those again whose time has come.
    func reconnect() throws(LoadError) {
        let now = LoadClock.now
        for client in clients where client.state == .waiting && client.retry <= now {
            do {
                try client.connect(to: server, poller)
            } catch {
                try lost(client)
            }
        }
    }
}
