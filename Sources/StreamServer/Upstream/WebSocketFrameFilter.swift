import NIOCore

/// Cuts messages that are too large out of a stream of WebSocket frames, without holding them.
///
/// Without it one such message would end the link, and end it again after every reconnect for as
/// long as the service's history holds it. Bytes go in as they come; frames that may pass come out
/// as the bytes they are. At most a header is held back.
struct WebSocketFrameFilter {
    /// What became of the bytes, in order.
    enum Piece: Equatable {
        /// Pass these on.
        case bytes(ByteBuffer)
        /// A message is left out, of which so many bytes are announced so far. If
        /// `endsTruncated`, its first fragments were passed on, and the message that ends with the
        /// next bytes is what is left of it: drop that.
        case tooLarge(bytes: UInt64, endsTruncated: Bool)
        /// A frame announces more than any service has to say: what follows would never be heard
        /// again. Always the last piece.
        case endless(bytes: UInt64)
    }

    private enum State {
        /// A frame begins. Becomes `passing` or `skipping`.
        case header
        /// So much of a frame's payload is to come. Becomes `header`.
        case passing(UInt64)
        /// The same, for a frame that is left out. Becomes `header`.
        case skipping(UInt64)
        /// An endless frame has begun. Becomes nothing else.
        case over
    }

    /// A frame of more is taken for nonsense: 1 GiB.
    static let frameBytesMax: UInt64 = 1 << 30

    /// A final continuation without payload: ends a message whose first fragments have passed.
    private static let emptyEnd: [UInt8] = [0x80, 0x00]

    private let messageBytesMax: UInt64
    private var state = State.header
    /// The beginning of a header, the rest of which has not come.
    private var held = ByteBuffer()
    /// The fragments of the current message that have passed.
    private var fragmentBytes: UInt64 = 0
    /// What follows of the current message is left out.
    private var isSkippingMessage = false

    init(messageBytesMax: Int) {
        self.messageBytesMax = UInt64(messageBytesMax)
    }

    mutating func filter(_ buffer: ByteBuffer) -> [Piece] {
        var input = buffer
        if held.readableBytes > 0 {
            held.writeImmutableBuffer(buffer)
            input = held
            held = ByteBuffer()
        }
        var pieces: [Piece] = []
        var passed = input.readerIndex
        var index = passed
        func pass(_ pieces: inout [Piece]) {
            guard let run = input.getSlice(at: passed, length: index - passed), index > passed
            else { return }
            pieces.append(.bytes(run))
        }
        // Every turn moves `index`, or takes a payload of no bytes back to `header`.
        while true {
            let left = input.writerIndex - index
            switch state {
            case .header:
                guard let header = WebSocketFrameHeader(input, at: index) else {
                    pass(&pieces)
                    if let rest = input.getSlice(at: index, length: left) { held = rest }
                    return pieces
                }
                guard header.payloadBytes <= WebSocketFrameFilter.frameBytesMax else {
                    pass(&pieces)
                    state = .over
                    return pieces + [.endless(bytes: header.payloadBytes)]
                }
                if let excess = admit(header) {
                    pass(&pieces)
                    pieces += excess
                    index += header.bytes
                    passed = index
                    state = .skipping(header.payloadBytes)
                } else {
                    index += header.bytes
                    state = .passing(header.payloadBytes)
                }
            case .passing(let wanted):
                let step = min(wanted, UInt64(left))
                index += Int(step)
                state = step == wanted ? .header : .passing(wanted - step)
                guard step == wanted else {
                    pass(&pieces)
                    return pieces
                }
            case .skipping(let wanted):
                let step = min(wanted, UInt64(left))
                index += Int(step)
                passed = index
                state = step == wanted ? .header : .skipping(wanted - step)
                guard step == wanted else { return pieces }
            case .over:
                return pieces
            }
        }
    }

    /// Nil if a frame may pass; else what to say instead, which is nothing for later fragments.
    private mutating func admit(_ header: WebSocketFrameHeader) -> [Piece]? {
        guard !header.isControl else { return nil }
        if header.isContinuation, isSkippingMessage {
            isSkippingMessage = !header.isFinal
            return []
        }
        let before = header.isContinuation ? fragmentBytes : 0
        let (sum, overflow) = before.addingReportingOverflow(header.payloadBytes)
        guard overflow || sum > messageBytesMax else {
            fragmentBytes = header.isFinal ? 0 : sum
            isSkippingMessage = false
            return nil
        }
        fragmentBytes = 0
        isSkippingMessage = !header.isFinal
        let report = Piece.tooLarge(
            bytes: overflow ? .max : sum, endsTruncated: header.isContinuation)
        return header.isContinuation
            ? [report, .bytes(ByteBuffer(bytes: WebSocketFrameFilter.emptyEnd))] : [report]
    }
}
