/// Cuts a stream of bytes into lines, whatever pieces it comes in, and counts them.
///
/// Of a line that is too long nothing is kept, and what follows it is cut as ever.
package struct LineCutter: Sendable {
    /// One line that is not blank.
    package struct Line: Hashable, Sendable {
        /// Its number in the stream, from 1; blank lines count.
        package let number: Int
        /// Its bytes without the line break; nil if it is too long.
        package let bytes: [UInt8]?
    }

    private let lineBytesMax: Int
    private var number = 1
    private var rest: [UInt8] = []
    /// The line under way is too long, and has been told.
    private var isPassing = false

    /// A line longer than `lineBytesMax` is too long.
    package init(lineBytesMax: Int) {
        self.lineBytesMax = lineBytesMax
    }

    /// Takes a piece of the stream and returns the lines that it completes; one that is too long as
    /// soon as that is known.
    package mutating func push(_ piece: some Collection<UInt8>) -> [Line] {
        var lines: [Line] = []
        var left = Array(piece)[...]
        while let end = left.firstIndex(of: UInt8(ascii: "\n")) {
            take(left[..<end], &lines)
            endLine(&lines)
            left = left[(end + 1)...]
        }
        take(left, &lines)
        return lines
    }

    /// The last line, where the stream ends without a line break.
    package mutating func finish() -> [Line] {
        var lines: [Line] = []
        endLine(&lines)
        return lines
    }

    private mutating func take(_ part: ArraySlice<UInt8>, _ lines: inout [Line]) {
        guard !isPassing else { return }
        guard rest.count + part.count <= lineBytesMax else {
            isPassing = true
            rest = []
            return lines.append(Line(number: number, bytes: nil))
        }
        rest += part
    }

    private mutating func endLine(_ lines: inout [Line]) {
        let isBlank = rest.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        if !isPassing, !isBlank { lines.append(Line(number: number, bytes: rest)) }
        isPassing = false
        rest = []
        number += 1
    }
}
