package import Journal

/// Takes the lines of an NDJSON file into a journal: what tapedeck exports, and bare events.
///
/// Event times, order and origin ids stay what they were. Importing the same lines again adds
/// nothing: each has an identity, its origin id, its `message_id`, or, for lines with neither, its
/// content and how many equal lines came before.
package struct LineImporter: Sendable {
    /// The most bytes of one line.
    package static let lineBytesMax = Journal.eventBytesMax + (1 << 20)

    /// The run of lines that name none and whose thread is not known.
    private let fallback: RunID
    private var threads: [String: RunID] = [:]
    private var occurrences: [UInt64: UInt64] = [:]
    private var number = 0

    /// Imports lines of a file whose stem is `stem`.
    package init(stem: String) {
        fallback = RunID(stem) ?? .unassigned
    }

    /// The draft of the next line.
    ///
    /// - Throws: ``JournalError`` with code `invalidEvent`, whose message names the line.
    package mutating func draft(_ line: [UInt8]) throws(JournalError) -> Draft {
        number += 1
        do throws(JournalError) {
            return try makeDraft(line)
        } catch {
            throw JournalError(error.code, "line \(number): \(error.message)")
        }
    }

    private mutating func makeDraft(_ line: [UInt8]) throws(JournalError) -> Draft {
        let parsed = try EventLine(line)
        let (envelope, event) = (parsed.envelope, parsed.event)
        let run =
            parsed.run
            ?? event.fields.threadID.flatMap { threads[$0.string(in: event.data)] } ?? fallback
        let thread = event.fields.threadID?.string(in: event.data)
        if let thread, event.type == .threadCreated || threads[thread] == nil {
            threads[thread] = run
        }
        let origin = envelope.id.flatMap { EventID($0.string(in: line)) }
        // A bare id names no lineage, so it says nothing about where the event comes from.
        let named = origin?.epoch == nil ? nil : origin
        // The journal's own records come back from an export, which gives them ids; else they and
        // the server's own types are refused like anything from outside.
        guard !event.type.isReserved || (event.type.isJournals && named != nil) else {
            throw parsed.reserved
        }
        return Draft(
            event, run: run, eventTime: try time(of: event, envelope, line), origin: named,
            key: named == nil && event.fields.messageID == nil ? key(of: event, run) : nil)
    }

    private func time(of event: Event, _ envelope: EventEnvelope, _ line: [UInt8])
        throws(JournalError) -> Timestamp?
    {
        if let text = envelope.recordedAt?.string(in: line) {
            guard let time = Timestamp(rfc3339: text) else {
                throw JournalError(.invalidEvent, "recorded_at is not a time in RFC 3339")
            }
            return time
        }
        for text in [event.fields.createdAt, event.fields.timestamp] {
            if let time = text.flatMap({ Timestamp(rfc3339: $0.string(in: event.data)) }) {
                return time
            }
        }
        return nil
    }

    private mutating func key(of event: Event, _ run: RunID) -> UInt64 {
        let named = Checksum.hash64(
            event.type.name.utf8, seed: Checksum.hash64(run.name.utf8, seed: 3))
        let content = Checksum.hash64(event.data, seed: named)
        let occurrence = occurrences[content, default: 0]
        occurrences[content] = occurrence + 1
        return content &+ occurrence &* 0x9E37_79B9_7F4A_7C15
    }
}
