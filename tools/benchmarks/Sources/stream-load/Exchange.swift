/// A connection on which requests are answered in the order in which they were sent.
final class Exchange {
    private let server: LoadServer
    private let socket: TCPSocket
    private let tag: Int
    private var out: [UInt8] = []
    private var sent = 0
    private var isConnected = false
    private var answers: [UInt8] = []
    /// Requests without an answer so far.
    private(set) var unanswered = 0

    init(_ server: LoadServer, tag: Int, _ poller: Poller) throws(LoadError) {
        self.server = server
        self.tag = tag
        socket = try TCPSocket(port: server.port)
        try poller.add(socket.descriptor, tag: tag, .writable)
    }

    /// Whether everything has been handed to the kernel.
    var isSent: Bool { sent == out.count }

    /// Sends requests that `write` appends, and whose number it returns.
    func send(_ poller: Poller, _ write: (inout [UInt8]) -> Int) throws(LoadError) {
        if isSent {
            out.removeAll(keepingCapacity: true)
            sent = 0
        }
        unanswered += write(&out)
        try flush(poller)
    }

    private func flush(_ poller: Poller) throws(LoadError) {
        guard isConnected, !isSent else { return }
        sent += try socket.send(out, from: sent)
        if !isSent { try poller.change(socket.descriptor, tag: tag, [.readable, .writable]) }
    }

    /// The socket can be read or written.
    ///
    /// - Returns: how many answers have come.
    func ready(_ buffer: UnsafeMutableRawBufferPointer, _ poller: Poller) throws(LoadError) -> Int {
        if !isConnected {
            guard socket.connectError == 0 else {
                throw LoadError("127.0.0.1:\(server.port) takes no connection")
            }
            isConnected = true
            try poller.change(socket.descriptor, tag: tag, .readable)
            try flush(poller)
        } else if !isSent {
            try poller.change(socket.descriptor, tag: tag, .readable)
            try flush(poller)
        }
        return try unsafe poll(buffer)
    }

    /// Reads what answers there are.
    func poll(_ buffer: UnsafeMutableRawBufferPointer) throws(LoadError) -> Int {
        guard unanswered > 0 else { return 0 }
        switch unsafe socket.receive(into: buffer) {
        case .nothingYet: return 0
        case .closed: throw LoadError("the server closed a connection on which events are posted")
        case .bytes(let count):
            unsafe answers += buffer[..<count]
            let number = try takeAnswers()
            unanswered -= number
            return number
        }
    }

    private func takeAnswers() throws(LoadError) -> Int {
        var number = 0
        var place = 0
        while let end = HTTPHead.end(of: answers, from: place) {
            let text = HTTPHead.text(answers, from: place, end)
            guard text.hasPrefix("HTTP/1.1 2") else {
                let whole = String(decoding: answers[place...], as: UTF8.self)
                throw LoadError("a post is refused: \(whole.prefix(300))")
            }
            guard let length = HTTPHead.contentLength(text) else {
                throw LoadError("an answer tells no length: \(text)")
            }
            guard end + length <= answers.count else { break }
            number += 1
            place = end + length
        }
        answers.removeFirst(place)
        return number
    }

    func close() {
        socket.close()
    }
}
