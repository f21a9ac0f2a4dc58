/// The head of an answer.
enum HTTPHead {
    /// Where the body begins; nil while the head is not whole.
    static func end(of bytes: [UInt8], from start: Int = 0) -> Int? {
        var place = start
        while place + 4 <= bytes.count {
            if bytes[place] == 0x0D, bytes[place + 1] == 0x0A, bytes[place + 2] == 0x0D,
                bytes[place + 3] == 0x0A
            {
                return place + 4
            }
            place += 1
        }
        return nil
    }

    static func text(_ bytes: [UInt8], from start: Int = 0, _ end: Int) -> String {
        String(decoding: bytes[start..<end], as: UTF8.self)
    }

    /// The length of the body that the head tells.
    static func contentLength(_ text: String) -> Int? {
        for line in text.lowercased().split(separator: "\r\n")
        where line.hasPrefix("content-length:") {
            return Int(line.dropFirst(15).trimmingPrefix { $0 == " " })
        }
        return nil
    }
}
