/// The id of an event as clients hold it: `<epoch>-<offset>`, for example `k7q2m9xa-184467`.
///
/// A bare offset is accepted and means the current epoch. As a place to resume from, an id is
/// exclusive: it asks for what follows.
public struct EventID: Hashable, Sendable, CustomStringConvertible {
    /// The lineage of offsets; nil in a bare id.
    public let epoch: Epoch?

    /// The record's offset, or `UInt64.max` for "before offset 0".
    public let offset: Offset

    /// The id of the record at `offset` in `epoch`.
    public init(epoch: Epoch?, offset: Offset) {
        self.epoch = epoch
        self.offset = offset
    }

    /// Parses `<epoch>-<offset>` or a bare offset; nil when `text` is neither.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let number = parts.last, number.utf8.count <= 20, !number.isEmpty,
            number.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let offset = UInt64(number)
        else { return nil }
        if parts.count == 2 {
            guard let epoch = Epoch(parts[0]) else { return nil }
            self.epoch = epoch
        } else {
            self.epoch = nil
        }
        self.offset = Offset(rawValue: offset)
    }

    /// Appends the id as clients hold it.
    package func append(to bytes: inout [UInt8]) {
        if let epoch {
            epoch.append(to: &bytes)
            bytes.append(UInt8(ascii: "-"))
        }
        bytes.append(decimal: offset.rawValue)
    }

    /// The id as clients hold it.
    public var description: String {
        guard let epoch else { return String(offset.rawValue) }
        return "\(epoch)-\(offset.rawValue)"
    }
}
