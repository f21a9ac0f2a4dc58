import Glibc

/// Reads the lines of a stream of server-sent events, however it is cut into pieces: ids, and what
/// the server says of itself.
struct FrameReader {
    /// The last id, as it is sent back to resume.
    private(set) var lastID = ""
    /// Whether the server has said that the stream has caught up.
    private(set) var isLive = false
    /// Gaps, resets and good-byes that were told.
    private(set) var gaps = 0
    private(set) var resets = 0
    private(set) var byes = 0
    /// Events that are not the server's own.
    private(set) var events = 0
    private var line: [UInt8] = []

    /// Forgets what was told on the connection before; the last id stays.
    mutating func reconnected() {
        isLive = false
        line = []
    }

    mutating func read(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        var place = 0
        while place < bytes.count {
            guard
                let end = unsafe memchr(
                    base + place, Int32(UInt8(ascii: "\n")), bytes.count - place)
            else {
                unsafe line += bytes[place...]
                return
            }
            let at = unsafe UnsafeRawPointer(end) - base
            unsafe line += bytes[place..<at]
            take()
            line.removeAll(keepingCapacity: true)
            place = at + 1
        }
    }

    private mutating func take() {
        if line.starts(with: "id: ".utf8) {
            lastID = String(decoding: line.dropFirst(4), as: UTF8.self)
        } else if line.starts(with: "event: ".utf8) {
            switch String(decoding: line.dropFirst(7), as: UTF8.self) {
            case "stream_live": isLive = true
            case "stream_gap": gaps += 1
            case "stream_reset": resets += 1
            case "stream_bye": byes += 1
            case "connected", "ping", "stream_end": break
            default: events += 1
            }
        }
    }
}
