import DequeModule

/// The newest records of a journal, in memory: whole commits, so that one is added and dropped as
/// cheaply as a single record.
struct RecordTail {
    private struct Commit {
        var records: [Record]
        /// The place of its first record among all that were ever added.
        var start: Int
        var bytes: Int
    }

    private let bytesMax: Int
    private var commits: Deque<Commit> = []
    private var bytes = 0

    /// A tail of about `bytesMax` bytes of data: commits are dropped once those after them have as
    /// many, and of one that has more on its own the last records are kept.
    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    /// Adds the records of a commit.
    mutating func append(_ records: [Record]) {
        var commit = Commit(records: records, start: end, bytes: 0)
        let span = records.span
        for place in span.indices { commit.bytes += span[place].data.count }
        if commit.bytes > bytesMax {
            shorten(&commit)
            commits = []
            bytes = 0
        }
        commits.append(commit)
        bytes += commit.bytes
        while let first = commits.first, commits.count > 1, bytes > bytesMax {
            bytes -= first.bytes
            commits.removeFirst()
        }
    }

    /// Forgets the records for which `isGone` holds.
    mutating func removeAll(where isGone: (Record) -> Bool) {
        let left = filter { !isGone($0) }
        guard left.count < count else { return }
        commits = []
        bytes = 0
        if !left.isEmpty { append(left) }
    }

    private func shorten(_ commit: inout Commit) {
        var place = commit.records.count
        var bytes = 0
        while place > 0 {
            let more = commit.records[place - 1].data.count
            guard bytes + more <= bytesMax || place == commit.records.count else { break }
            bytes += more
            place -= 1
        }
        commit = Commit(
            records: Array(commit.records[place...]), start: commit.start + place, bytes: bytes)
    }

    private var end: Int {
        commits.last.map { $0.start + $0.records.count } ?? 0
    }
}

extension RecordTail: RandomAccessCollection {
    var startIndex: Int { commits.first?.start ?? 0 }
    var endIndex: Int { end }

    subscript(place: Int) -> Record {
        var low = 0
        var high = commits.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if commits[middle].start <= place { low = middle } else { high = middle - 1 }
        }
        return commits[low].records[place - commits[low].start]
    }
}
