import Foundation
@testable import Journal
import NIOCore
@testable import StreamServer

func fuzzFrames(_ input: [UInt8]) {
    let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    var (session, actions) = SocketIOSession.start(.init(), at: start)
    var now = start
    let parser = UpstreamParser(filter: .agentChat)
    var input = Input(input)
    var isClosed = false
    func perform(_ actions: [SocketIOSession.Action]) {
        require(!isClosed || actions.isEmpty, "a session that is over says nothing")
        for (place, action) in actions.enumerated() {
            switch action {
            case .deliver(let payload, let id):
                _ = parser.utterance(payload) { _ in }
                if let id { _ = session.delivered(acknowledging: id) }
            case .send(let text):
                require(!text.isEmpty, "a frame that is sent says something")
            case .close:
                require(place == actions.count - 1, "nothing follows a close")
                isClosed = true
            case .opened, .settled, .malformed, .ignoredBinaryEvent, .schedule:
                break
            }
        }
    }
    perform(actions)
    // Most inputs should get past the open packet.
    let open = #"0{"sid":"x","upgrades":[],"pingTimeout":20000,"pingInterval":25000}"#
    if input.byte() & 1 == 0 { perform(session.receive(text: Array(open.utf8), at: now)) }
    while !input.isEmpty {
        switch input.byte() % 8 {
        case 0: perform(session.receiveBinary(at: now))
        case 1:
            now = now + .seconds(Int64(input.byte()))
            perform(session.time(at: now))
        case 2: session.pause()
        case 3: perform(session.resume(at: now))
        default: perform(session.receive(text: input.piece(), at: now))
        }
    }
    actions = session.transportClosed("over")
    perform(actions)
}

func fuzzWebSocket(_ input: [UInt8]) {
    var input = Input(input)
    let max = Int(input.byte()) * 4
    var cuts = Input(input.piece())
    let stream = input.bytes(.max)
    var whole = WebSocketFrameFilter(messageBytesMax: max)
    var pieces = WebSocketFrameFilter(messageBytesMax: max)
    let atOnce = whole.filter(ByteBuffer(bytes: stream))
    var inPieces: [WebSocketFrameFilter.Piece] = []
    var rest = stream[...]
    while !rest.isEmpty {
        let count = cuts.isEmpty ? rest.count : Int(cuts.byte()) + 1
        inPieces += pieces.filter(ByteBuffer(bytes: rest.prefix(count)))
        rest = rest.dropFirst(count)
    }
    require(
        joined(atOnce) == joined(inPieces), "frames are the same however the stream was cut")
}

/// What was passed on and left out, with neighbouring bytes made one.
private func joined(_ pieces: [WebSocketFrameFilter.Piece]) -> [WebSocketFrameFilter.Piece] {
    var result: [WebSocketFrameFilter.Piece] = []
    for piece in pieces {
        if case .bytes(let bytes) = piece, case .bytes(var before)? = result.last {
            before.writeImmutableBuffer(bytes)
            result[result.count - 1] = .bytes(before)
        } else {
            result.append(piece)
        }
    }
    return result
}

func fuzzLines(_ input: [UInt8]) {
    var input = Input(input)
    let max = Int(input.byte()) + 1
    var cuts = Input(input.piece())
    let stream = input.bytes(.max)
    let atOnce = lines(stream, max: max) { $0.count }
    let inPieces = lines(stream, max: max) { _ in cuts.isEmpty ? .max : Int(cuts.byte()) + 1 }
    require(atOnce == inPieces, "lines are the same however the stream was cut")
    var importer = LineImporter(stem: "fuzz")
    for line in lines(stream, max: 1 << 20, next: { $0.count }) ?? [] {
        guard let draft = try? importer.draft(line) else { continue }
        let data = draft.event.data
        require(!data.contains(0x0A) && !data.contains(0x0D), "data stand on one line")
        require(
            (try? JSONSerialization.jsonObject(with: Data(data))) is [String: Any],
            "data are an object to another parser too")
        require(
            (try? Event(type: draft.event.type, data: data))?.data == data,
            "recorded data are taken again as they are")
    }
}

/// The lines of a stream; nil when one is too long.
private func lines(
    _ stream: [UInt8], max: Int, next: (ArraySlice<UInt8>) -> Int
) -> [[UInt8]]? {
    var splitter = LineSplitter(lineBytesMax: max)
    var lines: [[UInt8]] = []
    var rest = stream[...]
    while !rest.isEmpty {
        let piece = rest.prefix(next(rest))
        guard let found = try? splitter.push(piece) else { return nil }
        lines += found
        rest = rest.dropFirst(piece.count)
    }
    return lines + splitter.finish()
}
