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
    }

    private(set) var journalID: JournalID?
    private(set) var epochs = EpochChain()
    /// The boot and mode of the last start; nil after an orderly stop or before any.
    private(set) var unfinished: Start?
    private(set) var newestSegment: Offset?
    private(set) var newestIdentity: FileIdentity?
    private(set) var stoppedEnd: Offset?

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
        case .started(let boot, let durability):
            unfinished = Start(boot: boot, durability: durability)
            stoppedEnd = nil
        case .stopped(let end):
            unfinished = nil
            stoppedEnd = end
        case .segment(let base, let identity):
            newestSegment = base
            newestIdentity = identity
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
        while let length = reader.fixed(UInt32.self), let crc = reader.fixed(UInt32.self),
            length <= entryLengthMax, let body = reader.slice(Int(length)),
            Checksum.crc32c(body) == crc
        {
            // An entry of a kind that a later minor version added says nothing to this one.
            if let entry = Entry(body) { manifest.apply(entry) }
            good = reader.index
        }
        // Only the last entry can be torn: something behind a bad one means damage.
        var rest = ByteReader(bytes[good...])
        if let length = rest.fixed(UInt32.self), rest.remaining > Int(length) + 4 {
            throw JournalError(
                .damaged, "the MANIFEST is damaged: restore it from a backup", path: path,
                position: Position(rawValue: UInt64(good)))
        }
        return (manifest, good)
    }
}

extension Manifest.Entry {
    /// The entry behind its length and checksum.
    var encoded: [UInt8] {
        var body: [UInt8] = []
        switch self {
        case .created(let id, let epoch):
            body.append(1)
            body.append(fixed: id.high)
            body.append(fixed: id.low)
            body += epoch.bytes
        case .forked(let epoch, let offset):
            body.append(2)
            body += epoch.bytes
            body.append(fixed: offset.rawValue)
        case .started(let boot, let durability):
            body.append(3)
            body.append(fixed: boot.high)
            body.append(fixed: boot.low)
            body.append(durability == .durable ? 0 : 1)
        case .stopped(let end):
            body.append(4)
            body.append(fixed: end.rawValue)
        case .segment(let base, let identity):
            body.append(5)
            body.append(fixed: base.rawValue)
            body.append(fixed: identity.inode)
            body.append(fixed: identity.birthNanoseconds)
        }
        var bytes: [UInt8] = []
        bytes.append(fixed: UInt32(body.count))
        bytes.append(fixed: Checksum.crc32c(body))
        return bytes + body
    }

    init?(_ body: ArraySlice<UInt8>) {
        var reader = ByteReader(body)
        switch reader.byte() {
        case 1:
            guard let high = reader.fixed(UInt64.self), let low = reader.fixed(UInt64.self),
                let name = reader.slice(Epoch.length), let epoch = Epoch(bytes: name)
            else { return nil }
            self = .created(JournalID(high: high, low: low), epoch)
        case 2:
            guard let name = reader.slice(Epoch.length), let epoch = Epoch(bytes: name),
                let offset = reader.fixed(UInt64.self)
            else { return nil }
            self = .forked(epoch, offset: Offset(rawValue: offset))
        case 3:
            guard let high = reader.fixed(UInt64.self), let low = reader.fixed(UInt64.self),
                let mode = reader.byte()
            else { return nil }
            self = .started(BootID(high: high, low: low), mode == 0 ? .durable : .os)
        case 4:
            guard let end = reader.fixed(UInt64.self) else { return nil }
            self = .stopped(end: Offset(rawValue: end))
        case 5:
            guard let base = reader.fixed(UInt64.self), let inode = reader.fixed(UInt64.self),
                let birth = reader.fixed(UInt64.self)
            else { return nil }
            self = .segment(
                base: Offset(rawValue: base),
                FileIdentity(inode: inode, birthNanoseconds: birth))
        default:
            return nil
        }
    }
}
