import Journal

/// One event as an upstream told it, live or in its history.
struct UpstreamEvent: Sendable {
    /// What becomes of it.
    enum Content: Sendable {
        /// It is journaled.
        case recorded(Draft)
        /// Its type is not recorded, or it is no event: it counts only for what was heard.
        case passed
        /// It is over ``Journal/eventBytesMax``.
        case tooLarge
    }

    /// A hash of everything that it says, by which its copy in a history is recognised.
    let key: UInt64
    let content: Content
    /// When the service says that it was said, by its own clock; nil where it does not.
    var stamp: Timestamp?

    /// How much memory it holds, in bytes.
    var bytes: Int {
        switch content {
        case .recorded(let draft): draft.event.data.count + 256
        case .passed, .tooLarge: 32
        }
    }
}

/// What is put into the journal, in order.
enum Recording: Sendable {
    case event(Draft)
    case gap(UpstreamGap)
}

/// A time of which an upstream's events are, or may be, missing.
struct UpstreamGap: Hashable, Sendable {
    /// Why they are missing, as `journal_gap` tells it.
    enum Reason: String, CaseIterable, Sendable {
        /// The link was down, and the history does not reach back to what was heard before.
        case upstreamOutage = "upstream_outage"
        /// The service has started anew, with an empty history.
        case upstreamRestart = "upstream_restart"
        /// Nobody recorded, and the history does not reach back to what was heard before.
        case recorderOutage = "recorder_outage"
        /// A message was too large to be taken.
        case tooLarge = "too_large"
    }

    /// Until then everything was heard.
    var from: Timestamp
    /// From then on everything is heard again.
    var until: Timestamp
    var reason: Reason

    /// The event that tells of the gap in a run.
    ///
    /// - Throws: never, since these data are an object.
    func draft(in run: RunID) throws(JournalError) -> Draft {
        var data = JSONObject()
        data.add("from", from)
        data.add("until", until)
        data.add("reason", reason.rawValue)
        return Draft(try Event(type: .journalGap, data: data.json), run: run)
    }
}
