import Glibc

/// A connection to a port of 127.0.0.1 that never waits.
struct TCPSocket {
    enum Received {
        case bytes(Int)
        case nothingYet
        case closed
    }

    let descriptor: Int32

    /// Begins to connect.
    init(port: UInt16) throws(LoadError) {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else { throw LoadError(call: "a socket cannot be made") }
        var on: Int32 = 1
        unsafe setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, size)
            }
        }
        guard result == 0 || errno == EINPROGRESS else {
            let error = LoadError(call: "127.0.0.1:\(port) cannot be connected to")
            Glibc.close(descriptor)
            throw error
        }
    }

    /// What became of the connecting; 0 is success.
    var connectError: Int32 {
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
        return error
    }

    /// The port of this end.
    var localPort: UInt16 {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &size)
            }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Received {
        let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count > 0 { return .bytes(count) }
        if count < 0, errno == EAGAIN || errno == EINTR { return .nothingYet }
        return .closed
    }

    /// Sends what fits of `bytes` from `place` on, and says how much that was.
    func send(_ bytes: [UInt8], from place: Int) throws(LoadError) -> Int {
        let sent = unsafe bytes.withUnsafeBytes { all in
            let rest = unsafe UnsafeRawBufferPointer(rebasing: all[place...])
            return unsafe Glibc.send(
                descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
        }
        if sent >= 0 { return sent }
        guard errno == EAGAIN || errno == EINTR else {
            throw LoadError(call: "the server takes no more bytes")
        }
        return 0
    }

    func close() {
        Glibc.close(descriptor)
    }
}
