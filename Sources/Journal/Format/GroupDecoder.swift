/// Where a group lies, and what is in it: the unit of random access.
struct GroupEntry: Hashable, Sendable {
    var position: Position
    /// The bytes of all its blocks, headers included.
    var length: Int
    var rawLength: Int
    var recordCount: Int
    var first: Offset
    var last: Offset
    /// The lowest and highest event time in the group.
    var earliest: Timestamp
    var latest: Timestamp
}

/// Decodes one group from its bytes.
enum GroupDecoder {
    /// Hands the records that `isWanted` to `yield`, in order of offset.
    ///
    /// - Returns: nil when all is well, else how far the group could be decoded: what was yielded
    ///   before is good, what follows is lost.
    static func decode(
        _ bytes: [UInt8], of group: GroupEntry, in segment: SegmentHeader,
        isWanted: (RunID, Offset) -> Bool, yield: (Record) -> Void
    ) -> GroupDamage? {
        var records = RecordDecoder()
        return decode(
            bytes, of: group, in: segment, with: &records, isWanted: isWanted, yield: yield)
    }

    /// The same by a decoder that has decoded other groups before.
    static func decode(
        _ bytes: [UInt8], of group: GroupEntry, in segment: SegmentHeader,
        with records: inout RecordDecoder, isWanted: (RunID, Offset) -> Bool,
        yield: (Record) -> Void
    ) -> GroupDamage? {
        var raw = GroupBytes(capacity: group.rawLength)
        var index = 0
        var reached: Offset?
        while index < bytes.count {
            let place = group.position + index
            guard
                let (header, length) = BlockHeader.read(bytes[index...], at: place, in: segment),
                header.storedLength <= bytes.count - index - length,
                header.startsGroup == (index == 0)
            else { return GroupDamage(position: place, reached: reached) }
            let stored = bytes[index + length..<index + length + header.storedLength]
            let start = raw.count
            guard Checksum.crc32c(stored) == header.payloadCRC,
                expand(stored, header, into: &raw),
                records.decode(
                    raw.bytes[start..<raw.count], block: header, isWanted: isWanted,
                    yield: yield)
            else { return GroupDamage(position: place, reached: reached) }
            reached = header.last
            index += length + header.storedLength
        }
        return reached == group.last
            ? nil : GroupDamage(position: group.position + index, reached: reached)
    }

    /// Appends the raw bytes of one block to those of its group.
    static func expand(
        _ stored: ArraySlice<UInt8>, _ header: BlockHeader, into raw: inout GroupBytes
    ) -> Bool {
        switch header.codec {
        case .stored:
            guard header.rawLength == stored.count else { return false }
            raw.append(stored)
            return true
        case .lz4:
            return LZ4.decompress(stored, rawCount: header.rawLength, appendingTo: &raw)
        }
    }
}

/// Where a group could not be decoded further.
struct GroupDamage: Error {
    /// The damaged block's place in the file.
    var position: Position
    /// The last offset before it in the group; nil when its first block is the damaged one.
    var reached: Offset?
}
