/// One open stream: reads what comes, and checks that each event is the one that follows.
final class StreamClient {
    enum State {
        /// Waits for its time to connect. → connecting
        case waiting
        /// The connection is being made, and the request sent. → head, waiting
        case connecting
        /// The answer's head is read. → body, waiting
        case head
        /// Events arrive. → waiting
        case body
    }

    let number: Int
    private(set) var state = State.waiting
    private(set) var socket: TCPSocket?
    /// What its lines tell; nil where only stamps are of interest.
    private(set) var frames: FrameReader?
    /// The number of the event that comes next.
    private(set) var expected = 0
    /// Whether what it gets counts among what was delivered.
    var counts = true
    /// When it is to connect again.
    private(set) var retry: UInt64 = 0
    private var head: [UInt8] = []
    private var isChunked = false
    private var body = ChunkedBody()
    private var stamps = StampReader()

    init(number: Int, readsFrames: Bool) {
        self.number = number
        frames = readsFrames ? FrameReader() : nil
    }

    /// Whether the server has said that it has caught up; where lines are not read, whether it
    /// answered.
    var isLive: Bool { state == .body && frames?.isLive ?? true }

    func connect(to server: LoadServer, _ poller: Poller) throws(LoadError) {
        let socket = try TCPSocket(port: server.port)
        self.socket = socket
        state = .connecting
        head = []
        body = ChunkedBody()
        stamps = StampReader()
        frames?.reconnected()
        try poller.add(socket.descriptor, tag: number, .writable)
    }

    /// Drops the connection, and connects again later.
    func disconnect(retryAt moment: UInt64) {
        socket?.close()
        socket = nil
        state = .waiting
        retry = moment
    }

    /// Sends the request, once the connection stands.
    ///
    /// - Returns: false if it cannot be made.
    func request(of server: LoadServer, path: String?, _ poller: Poller) throws(LoadError) -> Bool {
        guard let socket, socket.connectError == 0 else { return false }
        let id = frames.flatMap { $0.lastID.isEmpty ? nil : $0.lastID }
        let request =
            path.map { server.request(path: $0, lastEventID: id) }
            ?? server.streamRequest(lastEventID: id)
        guard try socket.send(request, from: 0) == request.count else {
            throw LoadError("a request of \(request.count) bytes does not fit a new connection")
        }
        try poller.change(socket.descriptor, tag: number, .readable)
        state = .head
        return true
    }

    /// What is taken next is an answer from its beginning.
    func expectHead() {
        state = .head
    }

    /// Takes what has been read.
    func take(_ bytes: UnsafeRawBufferPointer, now: UInt64, _ tally: Tally) throws(LoadError) {
        tally.bytes += bytes.count
        var place = 0
        if state == .head {
            guard let end = try unsafe takeHead(bytes) else { return }
            place = end
        }
        guard isChunked else {
            return unsafe takeBody(
                UnsafeRawBufferPointer(rebasing: bytes[place...]), now, tally)
        }
        while let range = try unsafe body.next(bytes, &place) {
            unsafe takeBody(UnsafeRawBufferPointer(rebasing: bytes[range]), now, tally)
        }
    }

    private func takeHead(_ bytes: UnsafeRawBufferPointer) throws(LoadError) -> Int? {
        let before = head.count
        unsafe head += bytes
        guard let end = HTTPHead.end(of: head) else { return nil }
        let text = HTTPHead.text(head, end)
        guard text.hasPrefix("HTTP/1.1 200") else {
            throw LoadError("a stream is refused: \(text.prefix { $0 != "\r\n" })")
        }
        isChunked = text.lowercased().contains("transfer-encoding: chunked")
        state = .body
        head = []
        return end - before
    }

    private func takeBody(_ bytes: UnsafeRawBufferPointer, _ now: UInt64, _ tally: Tally) {
        unsafe frames?.read(bytes)
        // Locals, so that no access to a class is checked for each event.
        var reader = stamps
        var next = expected
        var delivered = 0
        let countsHere = counts
        var latencies = tally.latencies
        tally.latencies = nil
        unsafe reader.read(bytes) { number, due in
            if number < next {
                tally.duplicated += 1
                return
            }
            if number > next { tally.lost += number - next }
            next = number + 1
            guard countsHere else { return }
            delivered += 1
            latencies?.add(now > due ? now - due : 0)
        }
        stamps = reader
        expected = next
        tally.delivered += delivered
        tally.latencies = latencies
    }
}
