import Glibc

extension JSONScanner {
    /// Where the objects of NDJSON stand: each line that is not blank; or all of `bytes`, where they
    /// are one object on several lines.
    package static func documents(in bytes: [UInt8]) -> [Range<Int>] {
        let lines = lines(in: bytes)
        guard lines.count > 1, (try? envelope(in: bytes)) != nil else { return lines }
        return [0..<bytes.count]
    }

    /// Where lines stand that hold more than whitespace, line breaks excluded.
    private static func lines(in bytes: [UInt8]) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        while start < bytes.count {
            let end = lineEnd(in: bytes, from: start)
            let isBlank = bytes[start..<end].allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
            if !isBlank { lines.append(start..<end) }
            start = end + 1
        }
        return lines
    }

    /// The place of the next line feed, or the end.
    private static func lineEnd(in bytes: [UInt8], from start: Int) -> Int {
        // SAFETY: `memchr` is given what is left of the array, and tells a place in it.
        unsafe bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress,
                let found = unsafe memchr(base + start, 0x0A, buffer.count - start)
            else { return bytes.count }
            return unsafe UnsafeRawPointer(found) - base
        }
    }
}
