import Journal

/// A registry as a recording: everything in it, as lines of NDJSON in order of time.
///
/// All methods block; only commands use it.
package struct RegistryRecording {
    /// A program that writes may hold its lock for so long.
    private static let busySecondsMax = 10.0
    /// The run of messages whose thread nobody knows: they wait there for it.
    package static let stem = RunID.unassigned.name

    private let file: RegistryFile
    private var scan = RegistryScan(
        RegistryScan.Wanted(isStrict: true), windowRows: .max)

    /// The registry at `path`.
    package init(path: String) {
        file = RegistryFile(path: path, busySecondsMax: RegistryRecording.busySecondsMax)
    }

    /// Finds out what there is to be read; about 24 bytes are kept for each row.
    ///
    /// - Returns: How many events that are, as far as the rows make sense.
    /// - Throws: ``RegistryError`` when this is no registry, or it cannot be read.
    package mutating func gather() throws(RegistryError) -> Int {
        while true {
            var next = scan
            guard try file.read({ try next.gather($0) }) else {
                scan = next
                return scan.rowsLeft
            }
            scan = next
        }
    }

    /// Reads what ``gather()`` found, a chunk a call.
    ///
    /// - Returns: Lines, and the rows that make no sense; nil at the end.
    /// - Throws: ``RegistryError`` when it cannot be read any more.
    package mutating func next() throws(RegistryError) -> Chunk? {
        guard scan.rowsLeft > 0 else {
            file.close()
            return nil
        }
        var rest = scan
        let facts = try file.read { try rest.facts($0) }
        scan = rest
        var chunk = Chunk()
        for fact in facts {
            switch fact {
            case .success(let draft): chunk.append(draft)
            case .failure(let damage): chunk.damages.append(damage)
            }
        }
        return chunk
    }

    /// Some of a registry.
    package struct Chunk {
        /// Whole lines.
        package private(set) var lines: [UInt8] = []
        /// How many lines.
        package private(set) var count = 0
        /// The rows that make no sense.
        package fileprivate(set) var damages: [RowDamage] = []

        fileprivate mutating func append(_ draft: Draft) {
            var object = JSONObject()
            object.add("run_id", (draft.run ?? .unassigned).name)
            object.add("event", draft.event.type.name)
            if let time = draft.eventTime { object.add("recorded_at", time) }
            object.add("data", json: draft.event.data)
            lines += object.json
            lines.append(UInt8(ascii: "\n"))
            count += 1
        }
    }
}
