import Journal

/// Where the events of an Event Stream come from.
protocol EventSource: RecordSource {
    /// The offset after the last event that clients may be told.
    var end: Offset { get }

    /// The last events of the stream before `cursor`, of the selected runs, at most `count`, in
    /// order of offset; fewer where they are large or far back.
    ///
    /// Blocks while it reads from disk.
    ///
    /// - Throws: ``JournalError`` with code `io`.
    func lastBroadcasts(_ count: Int, before cursor: Cursor, of selection: Selection)
        throws(JournalError) -> [Record]
}

extension Journal: EventSource {
    /// The most bytes of data in a history: a message of more than 4 MiB with all that is around
    /// it, which some clients refuse, comes only of a single event that is larger itself.
    private static let historyBytesMax = 3 << 20
    /// How far back a history is looked for, in bytes of records: what was imported may stand
    /// between the events of the stream.
    private static let historyScanBytesMax = 64 << 20

    func lastBroadcasts(_ count: Int, before cursor: Cursor, of selection: Selection)
        throws(JournalError) -> [Record]
    {
        try last(
            count, before: cursor, bytesMax: Journal.historyBytesMax,
            scanBytesMax: Journal.historyScanBytesMax
        ) { $0.isBroadcast && selection.contains($0.run) }
    }
}
