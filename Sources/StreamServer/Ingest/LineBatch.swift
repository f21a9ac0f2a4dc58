import Journal

/// Lines that are recorded together as they arrive: what they tell happens now, whatever times and
/// ids they carry.
///
/// A batch that is handed over again, by its key, is not recorded again. That aside, a line is new
/// unless its event has a `message_id` that the journal has with the same bytes.
struct LineBatch: Sendable {
    /// Names the batch among all that were ever handed over.
    let key: String
    /// The lines as they came.
    private(set) var lines: [[UInt8]] = []
    private(set) var drafts: [Draft] = []

    init(key: String) {
        self.key = key
    }

    /// Adds a line.
    ///
    /// - Throws: ``JournalError`` with code `invalidEvent` or `tooLarge` when it is no event; then
    ///   the batch is as it was.
    mutating func add(_ line: [UInt8]) throws(JournalError) {
        let parsed = try EventLine(line)
        guard !parsed.event.type.isReserved else { throw parsed.reserved }
        lines.append(line)
        drafts.append(
            Draft(
                parsed.event, run: parsed.run,
                key: Checksum.hash64(key.utf8, seed: UInt64(lines.count))))
    }
}
