/// Takes the chunked transfer coding apart.
struct ChunkedBody {
    /// What the chunks carry.
    private(set) var bytes: [UInt8] = []
    private(set) var chunks = 0
    /// Whether the last chunk has come.
    private(set) var hasEnded = false
    /// Whether every byte made sense.
    private(set) var isWhole = true

    init(_ coded: some Sequence<UInt8>) {
        var rest = Array(coded)[...]
        while !rest.isEmpty {
            guard !hasEnded, let size = ChunkedBody.line(&rest).flatMap({ Int($0, radix: 16) }),
                rest.count >= size + 2, rest.dropFirst(size).starts(with: [13, 10])
            else {
                isWhole = false
                return
            }
            bytes += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
            if size == 0 { hasEnded = true } else { chunks += 1 }
        }
    }

    private static func line(_ rest: inout ArraySlice<UInt8>) -> String? {
        guard let end = rest.firstIndex(of: 13), end + 1 < rest.endIndex, rest[end + 1] == 10 else {
            return nil
        }
        defer { rest = rest[(end + 2)...] }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}
