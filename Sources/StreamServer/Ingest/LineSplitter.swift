package import Journal

/// Cuts a stream of bytes into lines, whatever pieces it comes in, and refuses one that is too long.
package struct LineSplitter: Sendable {
    private let lineBytesMax: Int
    private var cutter: LineCutter

    /// A line longer than this is refused.
    package init(lineBytesMax: Int) {
        self.lineBytesMax = lineBytesMax
        cutter = LineCutter(lineBytesMax: lineBytesMax)
    }

    /// Takes a piece of the stream and returns the lines that it completes, blank ones left out.
    ///
    /// - Throws: ``JournalError`` with code `tooLarge`, which names the line, when it has no end
    ///   within the limit.
    package mutating func push(_ piece: some Collection<UInt8>) throws(JournalError) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for line in cutter.push(piece) {
            guard let bytes = line.bytes else {
                throw JournalError(
                    .tooLarge,
                    "line \(line.number): it is longer than \(lineBytesMax) bytes")
            }
            lines.append(bytes)
        }
        return lines
    }

    /// The last line, where the stream ends without a line break.
    package mutating func finish() -> [[UInt8]] {
        cutter.finish().compactMap(\.bytes)
    }
}
