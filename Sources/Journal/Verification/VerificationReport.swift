/// What a verification found.
package struct VerificationReport: Sendable {
    /// One thing that is not as it should be, or worth knowing.
    package struct Finding: Hashable, Sendable {
        /// Whether something is wrong.
        package enum Kind: String, Sendable {
            /// Bytes are not what was written, or something that was promised is missing.
            case damage
            /// Nothing is lost: the next start settles it.
            case note
        }

        package var kind: Kind
        package var path: String
        /// Where in the file; nil where it is about the whole of it.
        package var position: Position?
        /// The records that cannot be read; nil where none are concerned.
        package var offsets: ClosedRange<Offset>?
        /// The runs that miss some of them, by name, as far as that is known.
        package var runs: [RunID] = []
        /// One sentence, without its full stop.
        package var message: String

        /// All of it on one line.
        package var text: String {
            var text = "\(kind.rawValue): \(path): \(message)"
            if let position { text += ", at byte \(position.rawValue)" }
            if let offsets {
                text += ", offsets \(offsets.lowerBound.rawValue) to \(offsets.upperBound.rawValue)"
            }
            if !runs.isEmpty { text += ", runs \(runs.map(\.name).joined(separator: ", "))" }
            return text
        }
    }

    /// By file, in the order in which they were read.
    package var findings: [Finding] = []
    /// How many segments, good records and bytes were read.
    package var segments = 0
    package var records: UInt64 = 0
    package var bytes: UInt64 = 0

    /// Whether nothing is damaged.
    package var isClean: Bool { !findings.contains { $0.kind == .damage } }

    mutating func damage(
        _ path: String, _ message: String, at position: Position? = nil,
        offsets: ClosedRange<Offset>? = nil, runs: [RunID] = []
    ) {
        findings.append(
            Finding(
                kind: .damage, path: path, position: position, offsets: offsets,
                runs: runs.sorted(), message: message))
    }

    mutating func note(_ path: String, _ message: String, at position: Position? = nil) {
        findings.append(
            Finding(kind: .note, path: path, position: position, message: message))
    }
}
