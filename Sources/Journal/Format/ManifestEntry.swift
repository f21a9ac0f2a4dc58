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
        case .lost(let hole):
            body.append(6)
            body.append(fixed: hole.range.lowerBound.rawValue)
            body.append(fixed: hole.range.upperBound.rawValue)
            body.append(fixed: hole.countedBelow.rawValue)
        case .pinned(let run):
            body.append(7)
            body.append(string: run.name)
        case .unpinned(let run):
            body.append(8)
            body.append(string: run.name)
        case .removing(let removal):
            body.append(9)
            removal.encode(into: &body)
        case .removed(let runs):
            body.append(10)
            body.append(count: runs.count)
            for (run, removed) in runs.sorted(by: { $0.key < $1.key }) {
                body.append(string: run.name)
                removed.encode(into: &body)
            }
        case .threads(let threads):
            body.append(11)
            body.append(count: threads.count)
            for (thread, home) in threads.sorted(by: { $0.key < $1.key }) {
                body.append(string: thread)
                body.append(string: home.run.name)
                body.append(home.isCreated ? 1 : 0)
            }
        case .erased(let parts):
            body.append(12)
            body.append(count: parts.count)
            for part in parts {
                body.append(varint: part.range.lowerBound.rawValue)
                body.append(
                    varint: part.range.upperBound.rawValue - part.range.lowerBound.rawValue)
                body.append(varint: part.lastSeq.rawValue)
            }
        case .removalDone:
            body.append(13)
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
        case 6:
            guard let low = reader.fixed(UInt64.self), let high = reader.fixed(UInt64.self),
                let counted = reader.fixed(UInt64.self), low <= high, high < .max
            else { return nil }
            self = .lost(
                Hole(
                    range: Offset(rawValue: low)...Offset(rawValue: high),
                    countedBelow: Offset(rawValue: counted)))
        case let kind?:
            self.init(ofRemoval: kind, &reader)
        case nil:
            return nil
        }
    }
}
