/// Where the groups of a segment are, and which of them hold records of a run.
protocol GroupIndex {
    /// Ascending.
    var groups: [GroupEntry] { get }
    /// The groups that hold records of `run`, ascending, by their place in ``groups``.
    func places(of run: RunID) -> [UInt32]
}

extension GroupIndex {
    /// The offset after the segment's last record; nil when it holds none.
    var end: Offset? { groups.last?.last.next }

    /// The group in which `offset` is or would be: the first whose last offset is not below it.
    func group(reaching offset: Offset) -> Int? {
        groups.lowerBound { $0.last < offset }
    }

    /// The groups of `selection` from the first that reaches `offset`, ascending.
    func groups(of selection: Selection, from offset: Offset) -> [Int] {
        guard let first = group(reaching: offset) else { return [] }
        guard let runs = selection.named else { return Array(first..<groups.count) }
        if runs.count == 1 {
            let places = places(of: runs[0])
            let start = places.lowerBound { $0 < first } ?? places.count
            return places[start...].map(Int.init)
        }
        var wanted: Set<UInt32> = []
        for run in runs { wanted.formUnion(places(of: run)) }
        return wanted.filter { $0 >= first }.sorted().map(Int.init)
    }
}

/// Where a group lies, and what is in it: the unit of random access.
struct GroupEntry: Hashable, Sendable {
    var position: Position
    /// The bytes of all its blocks, headers included.
    var length: Int
    var rawLength: Int
    var recordCount: Int
    var first: Offset
    var last: Offset
    /// The lowest and highest event time in the group.
    var earliest: Timestamp
    var latest: Timestamp
}
