/// Events that one caller hands to the journal, and whom to tell what became of them.
struct Submission: Sendable {
    var drafts: [Draft]
    /// What makes each of them the same as another; nil where that takes to know its run first.
    var identities: [Identity?]
    /// Whether all of them are recorded or none, a crash included.
    var isAtomic: Bool
    /// When they were taken in; one moment for all.
    var ingest: IngestTime
    /// Called once, on the committer's thread: it must not block.
    var completion: @Sendable (Result<Receipt, JournalError>) -> Void
}

/// What the committer's thread is asked to do.
enum Work: Sendable {
    case append(Submission)
    /// Anything else that changes the journal; called once, on the committer's thread.
    case perform(@Sendable (Committer) -> Void)
}

/// What became of submitted events; by then they are as durable as the journal promises.
public struct Receipt: Sendable {
    /// The id of each event in the order of submission, whether new or known before.
    public var ids: [EventID]
    /// How many of them were new.
    public var appended: Int
    /// How many of them had been recorded before.
    public var duplicates: Int

    /// The id of the first event; nil when none was submitted.
    public var firstID: EventID? { ids.first }
    /// The id of the last event; nil when none was submitted.
    public var lastID: EventID? { ids.last }
}

/// Records that have just been published: durable as promised, and readable.
public struct Publication: Sendable {
    /// In order of offset.
    public var records: [Record]
    /// The lineage of their offsets.
    public var epoch: Epoch
    /// The offset after the last of them.
    public var end: Offset
}
