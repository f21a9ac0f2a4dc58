/// What segments alone cannot tell, as a log of checksummed entries in the file `MANIFEST`.
///
/// Layout: docs/FORMAT.md, "MANIFEST". Each entry is synced before what it allows is done.
struct Manifest: Hashable, Sendable {
    static let magic = Array("TDMANIFE".utf8)
    static let version: UInt16 = 1
    static let headerLength = 16
    static let entryLengthMax = 1 << 20

    /// One entry.
    enum Entry: Hashable, Sendable {
        /// The journal was created.
        case created(JournalID, Epoch)
        /// A new epoch began at `offset`; ids of the one before stay good below it.
        case forked(Epoch, offset: Offset)
        /// A process began to write, in this boot and mode.
        case started(BootID, Durability)
        /// The process stopped in order; everything before `end` is in sealed segments.
        case stopped(end: Offset)
        /// The newest segment's file, so that a restored copy of it is noticed.
        case segment(base: Offset, FileIdentity)
        /// Records that had been promised were found damaged.
        case lost(Hole)
        /// Retention is to spare a run.
        case pinned(RunID)
        /// Retention need not spare a run any more.
        case unpinned(RunID)
        /// Records are to be removed; whoever opens the journal goes on with it.
        case removing(Removal)
        /// The first records of runs are gone, or will be when their segment is replaced.
        case removed([RunID: RemovedRun])
        /// The run of threads whose records are to be removed.
        case threads([String: ThreadHome])
        /// Records of `unassigned` that are to be removed with the run that they belong to.
        case erased([ErasedRecords])
        /// What was begun to be removed is gone.
        case removalDone
    }

    private(set) var journalID: JournalID?
    private(set) var epochs = EpochChain()
    /// The boot and mode of the last start; nil after an orderly stop or before any.
    private(set) var unfinished: Start?
    private(set) var newestSegment: Offset?
    private(set) var newestIdentity: FileIdentity?
    private(set) var stoppedEnd: Offset?
    /// What is lost, in the order in which it was found.
    private(set) var holes: [Hole] = []
    /// Holes in which records were damaged, not erased.
    var losses: [Hole] { holes.filter { $0.reason == .corruption } }
    /// Runs that retention spares.
    private(set) var pins: Set<RunID> = []
    /// What was removed.
    private(set) var removals = Removals()
    /// What was begun to be removed, and may be there in part.
    private(set) var unfinishedRemoval: Removal?
    /// How often anything was removed.
    private(set) var removalCount = 0
    /// Where the epoch forked while the last recovery was under way; nil once it was complete.
    private(set) var unfinishedFork: Offset?

    /// A process that began to write.
    struct Start: Hashable, Sendable {
        var boot: BootID
        var durability: Durability
    }

    mutating func apply(_ entry: Entry) {
        switch entry {
        case .created(let id, let epoch):
            journalID = id
            epochs = EpochChain(first: epoch)
        case .forked(let epoch, let offset):
            epochs.fork(to: epoch, at: offset)
            unfinishedFork = offset
        case .started(let boot, let durability):
            unfinished = Start(boot: boot, durability: durability)
            stoppedEnd = nil
            unfinishedFork = nil
        case .stopped(let end):
            unfinished = nil
            stoppedEnd = end
        case .segment(let base, let identity):
            newestSegment = base
            newestIdentity = identity
        case .lost(let hole):
            holes.append(hole)
        case .pinned(let run):
            pins.insert(run)
        case .unpinned(let run):
            pins.remove(run)
        case .removing(let removal):
            unfinishedRemoval = removal
            removalCount += 1
            switch removal {
            case .deletion(let run, _, _):
                removals.forgetThreads(of: run)
                pins.remove(run)
            case .retention(let floor, _): removals.raise(to: floor)
            }
        case .removed(let runs):
            for (run, removed) in runs { removals.note(run, removed) }
        case .threads(let threads):
            for (thread, home) in threads { removals.note(thread, home) }
        case .erased(let parts):
            for part in parts {
                holes.append(.erased(part.range))
                removals.noteErased(through: part.lastSeq)
            }
        case .removalDone:
            unfinishedRemoval = nil
        }
    }

    /// The first bytes of the file.
    static var header: [UInt8] {
        var bytes = magic
        bytes.append(fixed: version)
        bytes.append(fixed: UInt16(0))
        bytes.append(fixed: Checksum.crc32c(bytes))
        return bytes
    }

    /// Reads a whole file.
    ///
    /// - Returns: what its entries say, and how many bytes of it are good; a rest is a torn entry.
    /// - Throws: code `newerFormat`, or `damaged` when this is no manifest.
    static func read(_ bytes: [UInt8], path: String) throws(JournalError) -> (Manifest, length: Int)
    {
        var reader = ByteReader(bytes)
        guard let first = reader.slice(8), Array(first) == magic,
            let version = reader.fixed(UInt16.self)
        else { throw JournalError(.damaged, "this is not a journal's MANIFEST", path: path) }
        guard version <= Manifest.version else {
            throw JournalError(
                .newerFormat,
                "the journal has format \(version), this program reads up to \(Manifest.version): "
                    + "use a newer tapedeck", path: path)
        }
        guard bytes.count >= headerLength, Array(bytes[..<headerLength]) == header else {
            throw JournalError(.damaged, "the MANIFEST's header is damaged", path: path)
        }
        var manifest = Manifest()
        var good = headerLength
        reader = ByteReader(bytes[headerLength...])
        while let body = entryBody(&reader) {
            // An entry of a kind that a later minor version added says nothing to this one.
            if let entry = Entry(body) { manifest.apply(entry) }
            good = reader.index
        }
        // Only the last entry can be torn: a good one behind a bad one means damage.
        for place in bytes.indices[good...].dropFirst() {
            reader = ByteReader(bytes[place...])
            guard entryBody(&reader) != nil else { continue }
            throw JournalError(
                .damaged, "the MANIFEST is damaged: restore it from a backup", path: path,
                position: Position(rawValue: UInt64(good)))
        }
        return (manifest, good)
    }

    private static func entryBody(_ reader: inout ByteReader) -> ArraySlice<UInt8>? {
        guard let length = reader.fixed(UInt32.self), let crc = reader.fixed(UInt32.self),
            (1...entryLengthMax).contains(Int(length)), let body = reader.slice(Int(length)),
            Checksum.crc32c(body) == crc
        else { return nil }
        return body
    }
}
