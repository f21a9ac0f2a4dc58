package import Journal

/// Cuts a stream of bytes into lines, whatever pieces it comes in.
package struct LineSplitter: Sendable {
    private let lineBytesMax: Int
    private var rest: [UInt8] = []
    private var count = 0

    /// A line longer than this is refused.
    package init(lineBytesMax: Int) {
        self.lineBytesMax = lineBytesMax
    }

    /// Takes a piece of the stream and returns the lines that it completes, blank ones left out.
    ///
    /// - Throws: ``JournalError`` with code `tooLarge`, which names the line, when it has no end
    ///   within the limit.
    package mutating func push(_ piece: some Collection<UInt8>) throws(JournalError) -> [[UInt8]] {
        rest += piece
        var lines: [[UInt8]] = []
        var start = 0
        while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            guard end - start <= lineBytesMax else { throw tooLong() }
            count += 1
            append(rest[start..<end], to: &lines)
            start = end + 1
        }
        rest.removeFirst(start)
        guard rest.count <= lineBytesMax else { throw tooLong() }
        return lines
    }

    private func tooLong() -> JournalError {
        JournalError(.tooLarge, "line \(count + 1): it is longer than \(lineBytesMax) bytes")
    }

    /// The last line, where the stream ends without a line break.
    package mutating func finish() -> [[UInt8]] {
        var lines: [[UInt8]] = []
        append(rest[...], to: &lines)
        rest = []
        return lines
    }

    private func append(_ line: ArraySlice<UInt8>, to lines: inout [[UInt8]]) {
        let isBlank = line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        if !isBlank { lines.append(Array(line)) }
    }
}
