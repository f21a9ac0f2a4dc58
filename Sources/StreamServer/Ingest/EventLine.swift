import Journal

/// A line of NDJSON taken apart: what tapedeck exports, or a bare event.
struct EventLine: Sendable {
    let envelope: EventEnvelope
    let event: Event
    /// The run that the line names, beside the data or in it.
    let run: RunID?

    /// Takes apart `line`.
    ///
    /// - Throws: ``JournalError`` with code `invalidEvent` or `tooLarge`.
    init(_ line: [UInt8]) throws(JournalError) {
        do {
            envelope = try JSONScanner.envelope(in: line)
        } catch {
            throw JournalError(.invalidEvent, "not a JSON object of an event: \(error)")
        }
        event = try Event(envelope, in: line)
        guard event.data.count <= Journal.eventBytesMax else {
            throw JournalError(
                .tooLarge,
                "an event's data may have \(Journal.eventBytesMax) bytes, not "
                    + "\(event.data.count)")
        }
        let named = envelope.runID?.string(in: line) ?? event.fields.runID?.string(in: event.data)
        run = try named.map { name throws(JournalError) in
            guard let run = RunID(name) else {
                throw JournalError(
                    .invalidEvent,
                    "run_id must be 1 to \(RunID.bytesMax) bytes of UTF-8 without "
                        + "control characters")
            }
            return run
        }
    }

    /// The error that says that events of this type are not taken.
    var reserved: JournalError {
        JournalError(.invalidEvent, "the type \(event.type) is reserved")
    }
}
