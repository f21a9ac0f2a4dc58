import CLZ4

/// Compresses the blocks of one group after another, each block linked to the 64 KiB before it.
///
/// `LZ4_compress_fast_continue` needs the earlier input at the same address, so the group's raw
/// bytes live in one allocation that this object owns. Confined to the committer's thread.
@safe final class LZ4GroupCompressor {
    private let stream: UnsafeMutablePointer<LZ4_stream_t>
    private var raw: UnsafeMutableRawBufferPointer
    private var used = 0
    private var limit: Int

    /// The raw bytes of the group so far.
    var rawCount: Int { used }

    init(capacity: Int) {
        limit = capacity
        unsafe stream = LZ4_createStream()
        unsafe raw = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        unsafe LZ4_freeStream(stream)
        unsafe raw.deallocate()
    }

    /// Forgets the previous group and makes room for one of `capacity` raw bytes.
    func begin(capacity: Int) {
        if unsafe raw.count < capacity || raw.count > 4 * capacity {
            unsafe raw.deallocate()
            unsafe raw = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
        }
        used = 0
        limit = capacity
        unsafe LZ4_resetStream_fast(stream)
    }

    /// Whether `count` more raw bytes fit.
    func hasRoom(for count: Int) -> Bool {
        used + count <= limit
    }

    /// Compresses `block` as the next of the group and appends the stored bytes to `output`:
    /// LZ4 if that is smaller, else as they are.
    ///
    /// - Returns: whether LZ4 was used.
    /// - Precondition: `hasRoom(for: block.count)`.
    func compress(_ block: [UInt8], into output: inout [UInt8]) -> Bool {
        precondition(hasRoom(for: block.count), "a block is longer than its group has room for")
        let bound = Int(LZ4_compressBound(Int32(block.count)))
        // SAFETY: source and destination lie within their allocations, checked just above.
        let compressed = unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
            guard let start = unsafe raw.baseAddress, let goal = target.baseAddress else {
                return
            }
            let source = unsafe start + used
            unsafe block.withUnsafeBytes { bytes in
                if let start = bytes.baseAddress {
                    unsafe source.copyMemory(from: start, byteCount: bytes.count)
                }
            }
            count = Int(
                unsafe LZ4_compress_fast_continue(
                    stream, source.assumingMemoryBound(to: CChar.self),
                    UnsafeMutableRawPointer(goal).assumingMemoryBound(
                        to: CChar.self),
                    Int32(block.count), Int32(bound), 1))
        }
        used += block.count
        if compressed.count > 0, compressed.count < block.count {
            output.append(contentsOf: compressed)
            return true
        }
        output.append(contentsOf: block)
        return false
    }
}

/// Decompresses a linked block.
enum LZ4 {
    /// Appends the `rawCount` bytes that `stored` stands for to `raw`, which holds the group's
    /// bytes before it.
    ///
    /// - Returns: false when `stored` is not what a compressor made of exactly that many bytes.
    ///   Nothing outside `raw` is read or written, whatever `stored` holds.
    static func decompress(
        _ stored: ArraySlice<UInt8>, rawCount: Int, appendingTo raw: inout GroupBytes
    ) -> Bool {
        raw.makeRoom(for: rawCount)
        let used = raw.count
        // SAFETY: the destination is `rawCount` bytes within the allocation, made just above;
        // the dictionary is what has been written before it; LZ4's "safe" functions check theirs.
        let written = unsafe stored.withUnsafeBytes { source in
            unsafe raw.bytes.withUnsafeMutableBytes { target in
                guard let start = target.baseAddress else { return Int32(-1) }
                let base = unsafe start.assumingMemoryBound(to: CChar.self)
                let dictionary = min(used, 65_536)
                return unsafe LZ4_decompress_safe_usingDict(
                    source.baseAddress?.assumingMemoryBound(to: CChar.self), base + used,
                    Int32(source.count), Int32(rawCount), base + (used - dictionary),
                    Int32(dictionary))
            }
        }
        guard written == rawCount else { return false }
        raw.count += rawCount
        return true
    }
}

/// The raw bytes of a group while it is decoded: filled block by block, and used again for the next.
struct GroupBytes {
    /// Longer ones are not kept for other groups.
    private static let keptMax = 1 << 20

    var bytes: [UInt8] = []
    var count = 0

    /// Forgets the group before, and makes room for `capacity` bytes.
    mutating func reset(capacity: Int) {
        if bytes.count < capacity || bytes.count > max(capacity, GroupBytes.keptMax) {
            bytes = [UInt8](repeating: 0, count: capacity)
        }
        count = 0
    }

    /// Makes room for `more` bytes; a group that was indexed has it from the start.
    mutating func makeRoom(for more: Int) {
        let missing = count + more - bytes.count
        if missing > 0 { bytes.append(contentsOf: repeatElement(0, count: missing)) }
    }

    /// Appends bytes that were stored as they are.
    mutating func append(_ stored: ArraySlice<UInt8>) {
        makeRoom(for: stored.count)
        bytes.replaceSubrange(count..<count + stored.count, with: stored)
        count += stored.count
    }
}
