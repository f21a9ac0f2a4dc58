package import Journal

/// Gives a replayed run another name, and its threads and messages other ids: needed wherever the
/// originals would be refused as duplicates.
///
/// Each lap is a run of its own.
package struct RunRewriter: Sendable {
    private let name: RunID
    private var lap: UInt64 = 0

    /// A rewriter to the run `name`; from the second lap on the lap's number follows it.
    package init(_ name: RunID) {
        self.name = name
    }

    /// The run that records of this lap belong to.
    package var run: RunID {
        lap == 0 ? name : RunID("\(name.name)-\(lap + 1)") ?? name
    }

    /// Begins a lap, counted from 0.
    package mutating func begin(lap number: UInt64) {
        lap = number
    }

    /// The record in its new run, with new ids in its data; `time`, if given, replaces the data's
    /// `created_at` and `timestamp`.
    package func rewrite(_ record: Record, at time: Timestamp? = nil) -> Record {
        var copy = record
        copy.run = run
        guard let fields = try? JSONScanner.data(in: record.data).fields else { return copy }
        var prefix: [UInt8] = []
        JSONWriter.append(run.name + "/", to: &prefix)
        let inner = Array(prefix.dropFirst().dropLast())
        var edits: [(range: Range<Int>, bytes: [UInt8])] = []
        if let text = fields.runID { edits.append((text.range, Array(inner.dropLast()))) }
        for text in [fields.threadID, fields.messageID] {
            if let text { edits.append((text.range, inner + record.data[text.range])) }
        }
        if let time {
            for text in [fields.createdAt, fields.timestamp] {
                if let text { edits.append((text.range, Array(time.description.utf8))) }
            }
        }
        for edit in edits.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
            copy.data.replaceSubrange(edit.range, with: edit.bytes)
        }
        return copy
    }
}
