/// Decodes groups from their bytes, one after another; what it works with is kept between them.
struct GroupDecoder {
    private var raw = GroupBytes()
    private var records = RecordDecoder()

    /// Hands the records of a group that `isWanted` to `yield`, in order of offset.
    ///
    /// - Returns: nil when all is well, else how far the group could be decoded: what was yielded
    ///   before is good, what follows is lost.
    static func decode(
        _ bytes: [UInt8], of group: GroupEntry, in segment: SegmentHeader,
        isWanted: (RunID, Offset) -> Bool, yield: (Record) -> Void
    ) -> GroupDamage? {
        var decoder = GroupDecoder()
        return decoder.decode(bytes, of: group, in: segment, isWanted: isWanted, yield: yield)
    }

    /// The same by a decoder that may have decoded other groups before.
    mutating func decode(
        _ bytes: [UInt8], of group: GroupEntry, in segment: SegmentHeader,
        isWanted: (RunID, Offset) -> Bool, yield: (Record) -> Void
    ) -> GroupDamage? {
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
            guard Checksum.crc32c(stored) == header.payloadCRC,
                decode(
                    stored, header, capacity: group.rawLength, isWanted: isWanted,
                    yield: yield)
            else { return GroupDamage(position: place, reached: reached) }
            reached = header.last
            index += length + header.storedLength
        }
        return reached == group.last
            ? nil : GroupDamage(position: group.position + index, reached: reached)
    }

    /// Decodes the stored bytes of one block, which are known to be sound.
    ///
    /// Blocks come in the order of their group. The first of one makes room for `capacity` bytes,
    /// which all of the group are expected to take.
    ///
    /// - Returns: false when the bytes are not what an encoder wrote.
    mutating func decode(
        _ stored: ArraySlice<UInt8>, _ block: BlockHeader, capacity: Int = 0,
        isWanted: (RunID, Offset) -> Bool, yield: (Record) -> Void
    ) -> Bool {
        if block.startsGroup { raw.reset(capacity: max(block.rawLength, capacity)) }
        let start = raw.count
        return expand(stored, block)
            && records.decode(
                raw.bytes[start..<raw.count], block: block, isWanted: isWanted, yield: yield)
    }

    /// Appends the raw bytes of one block to those of its group.
    private mutating func expand(_ stored: ArraySlice<UInt8>, _ header: BlockHeader) -> Bool {
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
