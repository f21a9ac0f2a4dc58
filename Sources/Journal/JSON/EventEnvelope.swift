/// What surrounds an event's data in a posted body, an upstream item or an NDJSON line.
///
/// The last of several members of one name counts, as in JavaScript. Positions count from the start
/// of the bytes that were scanned, except those in ``fields``.
package struct EventEnvelope: Sendable {
    /// The string at `event_type`, else the one at `event`.
    package var type: JSONText?

    /// The bytes of the value at `data`, whatever its kind, without the whitespace around it.
    package var data: Range<Int>?

    /// Whether the value at `data` is an object.
    package var dataIsObject = false

    /// The fields of an object at `data`, counted from its first byte, so that they fit a copy of
    /// those bytes; empty if it is no object.
    package var fields = EventFields()

    /// Whether a CR or LF stands within ``data`` outside strings.
    package var dataHasLineBreaks = false

    /// The string at `id`.
    package var id: JSONText?
    /// The string at `run_id`, beside `data` and not in it.
    package var runID: JSONText?
    /// The string at `recorded_at`.
    package var recordedAt: JSONText?
    /// The string at `server_timestamp`.
    package var serverTimestamp: JSONText?

    /// An envelope without any of these members.
    package init() {}
}
