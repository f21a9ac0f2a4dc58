@testable import Journal

/// A file that holds what the fuzzer made.
private struct FuzzedFile: File {
    let bytes: [UInt8]

    func length() throws(JournalError) -> UInt64 { UInt64(bytes.count) }

    func read(_ count: Int, at position: Position) throws(JournalError) -> [UInt8] {
        Array(bytes.dropFirst(Int(clamping: position.rawValue)).prefix(count))
    }

    func write(_ bytes: [UInt8], at position: Position) throws(JournalError) { throw refusal }
    func sync() throws(JournalError) { throw refusal }
    func truncate(to length: Position) throws(JournalError) { throw refusal }

    private var refusal: JournalError { JournalError(.io, "this file is only read") }
}

private let header = SegmentHeader(
    journalID: JournalID(high: 1, low: 2), epoch: Epoch("k7q2m9xa") ?? fallback, salt: 3,
    base: Offset(rawValue: 10), created: Timestamp(microseconds: 0), predecessor: nil)
private var fallback: Epoch {
    var random = SystemRandomNumberGenerator()
    return Epoch.random(using: &random)
}

/// Blocks whose headers and checksums are right, around payloads that are anything.
func fuzzBlocks(_ input: [UInt8]) {
    var input = Input(input)
    var file = header.encoded
    var first = header.base
    while !input.isEmpty {
        let flags = input.byte()
        let count = Int(input.byte()) + 1
        let rawLength = Int(input.byte()) << (flags >> 4)
        let stored = input.piece()
        let isSparse = flags & 4 != 0
        let last = Offset(
            rawValue: first.rawValue + UInt64(count - 1) + (isSparse ? UInt64(input.byte()) : 0))
        let codec = flags & 1 == 0 ? BlockHeader.Codec.stored : .lz4
        let block = BlockHeader(
            codec: codec, startsGroup: flags & 2 == 0, storedLength: stored.count,
            rawLength: codec == .stored ? stored.count : rawLength, recordCount: count,
            first: first, last: last, unsyncedBefore: 0, payloadCRC: Checksum.crc32c(stored))
        file += block.encoded(at: Position.zero + file.count, in: header) + stored
        first = last.next
    }
    guard let scan = try? SegmentScan.run(FuzzedFile(bytes: file), header, path: "fuzz") else {
        return
    }
    for group in scan.loaded.footer.index.groups {
        let place = Int(group.position.rawValue)
        var count = 0
        let damage = GroupDecoder.decode(
            Array(file[place..<place + group.length]), of: group, in: header,
            isWanted: { _, _ in true }, yield: { _ in count += 1 })
        require(damage == nil, "a group that the scan took can be decoded")
        require(count == group.recordCount, "a group has as many records as the scan counted")
    }
}

/// Bodies of footers, entries and slots under right checksums.
func fuzzEntries(_ input: [UInt8]) {
    var input = Input(input)
    switch input.byte() % 4 {
    case 0:
        let copy = header.encoded
        var body: [UInt8] = []
        body.append(count: copy.count)
        body += copy + input.bytes(.max)
        guard let (footer, section) = SegmentFooter.read(body, crc: Checksum.crc32c(body))
        else { return }
        let written = footer.body(section)
        let again = SegmentFooter.read(written, crc: Checksum.crc32c(written))
        require(
            again?.0 == footer && again?.1 == section, "a footer is what is written of it")
    case 3:
        let bytes = input.bytes(.max)
        guard let identities = SealedIdentities(bytes, groups: 100) else { return }
        var written: [UInt8] = []
        identities.encode(into: &written)
        require(
            SealedIdentities(written, groups: 100) == identities,
            "identities are what is written of them")
    case 1:
        var file = Manifest.header
        while !input.isEmpty {
            let body = input.piece()
            file.append(fixed: UInt32(body.count))
            file.append(fixed: Checksum.crc32c(body))
            file += body
        }
        if let (manifest, length) = try? Manifest.read(file, path: "fuzz") {
            require(length <= file.count, "a manifest is no longer than its file")
            _ = manifest.epochs.resolve(EventID(epoch: nil, offset: .zero), end: .zero)
        }
    default:
        let content = input.bytes(DurableMark.format.contentLength)
        let padded = content + [UInt8](repeating: 0, count: 32 - content.count)
        let slot = DurableMark.format.encoded(padded, generation: 1)
        require(
            DurableMark.format.slot(in: slot[...])?.content == padded[...],
            "a slot says what was written")
    }
}

/// Bytes of a file without any help.
func fuzzFiles(_ input: [UInt8]) {
    _ = try? Manifest.read(input, path: "fuzz")
    _ = try? Manifest.read(Manifest.header + input, path: "fuzz")
    _ = try? SegmentHeader(input, path: "fuzz")
    _ = try? SegmentScan.run(FuzzedFile(bytes: header.encoded + input), header, path: "fuzz")
    _ = try? LoadedSegment.open(FuzzedFile(bytes: header.encoded + input), path: "fuzz")
    _ = try? LoadedSegment.open(FuzzedFile(bytes: input), path: "fuzz")
    _ = DurableMark.format.slot(in: input[...])
    _ = SegmentTrailer(input, fileLength: UInt64(input.count))
    _ = SegmentFooter.read(input, crc: Checksum.crc32c(input))
}
