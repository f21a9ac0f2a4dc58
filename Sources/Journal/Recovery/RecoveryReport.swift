/// What opening a journal found and did: for logs, and for the person who must know.
public struct RecoveryReport: Sendable {
    /// One thing that was found.
    public enum Finding: Sendable, CustomStringConvertible {
        /// The last write was unfinished or is damaged. Its bytes were kept.
        case cut(path: String, position: Position, bytes: UInt64, keptAs: String)
        /// Records that had been promised are damaged; those among `range` are lost.
        case damage(path: String, range: ClosedRange<Offset>)
        /// A segment without a footer was scanned and sealed.
        case sealed(path: String, records: UInt64)
        /// A new epoch began at `offset`.
        case forked(epoch: Epoch, offset: Offset, reason: String)
        /// The catalog was made anew from the segments.
        case catalogRebuilt(reason: String)

        /// The finding in one line.
        public var description: String {
            switch self {
            case .cut(let path, let position, let bytes, let kept):
                "\(path): cut \(bytes) bytes of an unfinished write at byte "
                    + "\(position.rawValue), kept as \(kept)"
            case .damage(let path, let range):
                "\(path): damage, offsets "
                    + "\(range.lowerBound.rawValue) to \(range.upperBound.rawValue) are lost"
            case .sealed(let path, let records):
                "\(path): sealed after an unclean stop, \(records) records"
            case .forked(let epoch, let offset, let reason):
                "epoch \(epoch) begins at offset \(offset.rawValue): \(reason)"
            case .catalogRebuilt(let reason):
                "the catalog was rebuilt: \(reason)"
            }
        }
    }

    /// Everything that was found, in order.
    public internal(set) var findings: [Finding] = []
}
