import NIOCore
import Testing

@testable import StreamServer

@Suite("WebSocket frame filter")
struct WebSocketFrameFilterTests {
    struct Frame {
        var flags: UInt8
        var payload: [UInt8]

        var bytes: [UInt8] {
            let length: [UInt8] =
                switch payload.count {
                case ..<126: [UInt8(payload.count)]
                case ..<65536: [126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
                default:
                    [127]
                        + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
                }
            return [flags] + length + payload
        }
    }

    /// What comes out when `bytes` go in, cut at random.
    private func run(_ bytes: [UInt8], max: Int, seed: UInt64) -> (bytes: [UInt8], reports: Int) {
        var generator = SeededGenerator(seed: seed)
        var filter = WebSocketFrameFilter(messageBytesMax: max)
        var rest = bytes[...]
        var passed: [UInt8] = []
        var reports = 0
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...9, using: &generator))
            rest = rest.dropFirst(piece.count)
            for piece in filter.filter(ByteBuffer(bytes: piece)) {
                switch piece {
                case .bytes(let buffer): passed += Array(buffer.readableBytesView)
                case .tooLarge, .endless: reports += 1
                }
            }
        }
        return (passed, reports)
    }

    private func payload(_ count: Int) -> [UInt8] { Array(repeating: 7, count: count) }

    @Test("frames within the bound pass unchanged, however they are cut", arguments: 0..<20)
    func passing(seed: UInt64) {
        let bytes = [0, 1, 125, 126, 200, 0, 300].flatMap {
            Frame(flags: 0x81, payload: payload($0)).bytes
        }
        let result = run(bytes, max: 300, seed: seed)
        #expect(result.bytes == bytes)
        #expect(result.reports == 0)
    }

    @Test("a frame that is too large is left out, and its neighbours pass", arguments: 0..<20)
    func skipping(seed: UInt64) {
        let small = Frame(flags: 0x81, payload: payload(3)).bytes
        let ping = Frame(flags: 0x89, payload: payload(2)).bytes
        let large = Frame(flags: 0x81, payload: payload(70_000)).bytes
        let result = run(small + large + ping + small + large, max: 300, seed: seed)
        #expect(result.bytes == small + ping + small)
        #expect(result.reports == 2)
    }

    @Test("a large first fragment takes its continuations with it", arguments: 0..<20)
    func largeFirst(seed: UInt64) {
        let first = Frame(flags: 0x01, payload: payload(301)).bytes
        let ping = Frame(flags: 0x89, payload: []).bytes
        let middle = Frame(flags: 0x00, payload: payload(1)).bytes
        let last = Frame(flags: 0x80, payload: payload(1)).bytes
        let small = Frame(flags: 0x81, payload: payload(3)).bytes
        let result = run(first + middle + ping + last + small, max: 300, seed: seed)
        #expect(result.bytes == ping + small)
        #expect(result.reports == 1)
    }

    @Test("fragments that are too large together end early, and are reported", arguments: 0..<20)
    func largeSum(seed: UInt64) {
        let first = Frame(flags: 0x01, payload: payload(200)).bytes
        let middle = Frame(flags: 0x00, payload: payload(101)).bytes
        let last = Frame(flags: 0x80, payload: payload(1)).bytes
        let small = Frame(flags: 0x81, payload: payload(300)).bytes
        let result = run(first + middle + middle + last + small, max: 300, seed: seed)
        #expect(result.bytes == first + [0x80, 0x00] + small)
        #expect(result.reports == 1)
        let whole = run(first + last + first + last, max: 300, seed: seed)
        #expect(whole.bytes == first + last + first + last)
    }

    @Test("the report stands before what is left of its message")
    func order() {
        var filter = WebSocketFrameFilter(messageBytesMax: 4)
        let first = Frame(flags: 0x01, payload: payload(4)).bytes
        let last = Frame(flags: 0x80, payload: payload(1)).bytes
        #expect(
            filter.filter(ByteBuffer(bytes: first + last)) == [
                .bytes(ByteBuffer(bytes: first)), .tooLarge(bytes: 5, endsTruncated: true),
                .bytes(ByteBuffer(bytes: [0x80, 0x00])),
            ])
    }

    @Test("random bytes and absurd lengths never trap", arguments: 0..<8)
    func garbage(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &generator) }
            _ = run(bytes, max: 16, seed: seed)
        }
        let absurd = [0x01, 127] + Array(repeating: UInt8(0xff), count: 40)
        #expect(run(absurd, max: 300, seed: seed).bytes.isEmpty)
        let overflow = [0x01, 1, 7, 0x00, 127] + Array(repeating: UInt8(0xff), count: 40)
        #expect(run(overflow, max: 300, seed: seed).reports == 1)
    }

    @Test(
        "a frame that announces what nobody can send is told, and nothing passes after it",
        arguments: [WebSocketFrameFilter.frameBytesMax + 1, .max])
    func endless(bytes: UInt64) {
        var filter = WebSocketFrameFilter(messageBytesMax: 300)
        let small = Frame(flags: 0x81, payload: payload(3)).bytes
        let length = (0..<8).map { UInt8(truncatingIfNeeded: bytes >> (56 - 8 * $0)) }
        #expect(
            filter.filter(ByteBuffer(bytes: small + [0x81, 127] + length + small))
                == [.bytes(ByteBuffer(bytes: small)), .endless(bytes: bytes)])
        #expect(filter.filter(ByteBuffer(bytes: small)) == [])
    }
}
