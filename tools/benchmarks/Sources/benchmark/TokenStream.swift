/// Events as agents make them that stream what they say, token by token; without end, and the same
/// for the same seed.
///
/// Some runs speak at a time, in random order. A message has an id of its own, a random UUID, which
/// all of its tokens carry, as the chunks of a streamed completion do, and its thread's; or, with
/// `ids` of `.perEvent`, each token carries a new one. A token is 1 to 9 bytes of the given text;
/// a message has 20 to 219 of them; times are Python's, in microseconds, 0 to 4 ms apart.
/// About 360 bytes of data.
struct TokenStream {
    /// What has a `message_id` of its own.
    enum Identifiers {
        case perMessage
        case perEvent
    }

    private struct Speaker {
        var run: String
        var thread: String
        var from: String
        var to: String
        var message: String
        var tokensLeft: Int
        var index = 0
        var place: Int
    }

    private static let agents = ["Operator", "Architect", "Investigator", "Reviewer", "Deployer"]

    private let text: [UInt8]
    private let identifiers: Identifiers
    private let picksInTurn: Bool
    private var random: SplitMix64
    private var speakers: [Speaker] = []
    private var microseconds = 52_427_318_402
    private var count = 0

    /// Runs are named `<prefix>0001` and so on; `picksInTurn` lets each speak in turn instead of in
    /// random order.
    init(
        text: [UInt8], runs: Int, seed: UInt64, ids identifiers: Identifiers = .perMessage,
        picksInTurn: Bool = false, prefix: String = "incident-2026-11-"
    ) {
        self.text = text
        self.identifiers = identifiers
        self.picksInTurn = picksInTurn
        random = SplitMix64(seed: seed)
        for number in 0..<runs {
            let digits = String(number + 1)
            let from = random.below(TokenStream.agents.count)
            let to = (from + 1 + random.below(4)) % TokenStream.agents.count
            speakers.append(
                Speaker(
                    run: prefix + String(repeating: "0", count: max(4 - digits.count, 0)) + digits,
                    thread: uuid(), from: TokenStream.agents[from], to: TokenStream.agents[to],
                    message: uuid(), tokensLeft: 20 + random.below(200),
                    place: random.below(text.count)))
        }
    }

    /// Appends the next event as it is posted, `{"event_type","data"}`, and a line break.
    ///
    /// - Returns: the bytes of its data.
    mutating func appendNext(to body: inout [UInt8]) -> Int {
        let number = picksInTurn ? count % speakers.count : random.below(speakers.count)
        count += 1
        microseconds += random.below(4000)
        var speaker = speakers[number]
        if speaker.tokensLeft == 0 {
            speaker.message = uuid()
            speaker.tokensLeft = 20 + random.below(200)
            speaker.index = 0
        }
        body += Array(#"{"event_type":"agent_chat_message_delta","data":"#.utf8)
        let start = body.count
        let id = identifiers == .perMessage ? speaker.message : uuid()
        body += Array(#"{"run_id":""#.utf8)
        body += Array(speaker.run.utf8)
        body += Array(#"","thread_id":""#.utf8)
        body += Array(speaker.thread.utf8)
        body += Array(#"","message_id":""#.utf8)
        body += Array(id.utf8)
        body += Array(#"","from_agent":""#.utf8)
        body += Array(speaker.from.utf8)
        body += Array(#"","to_agent":""#.utf8)
        body += Array(speaker.to.utf8)
        body += Array(#"","message_type":"delta","index":"#.utf8)
        body += Array(String(speaker.index).utf8)
        body += Array(#","content":""#.utf8)
        let length = 1 + random.below(9)
        for step in 0..<length { body.append(text[(speaker.place + step) % text.count]) }
        body += Array(
            #"","metadata":{"urgency":"informational","model":"large-3","finish_reason":null},"#
                .utf8)
        body += Array(#""timestamp":"2026-11-23T"#.utf8)
        appendTime(to: &body)
        body += Array(#""}"#.utf8)
        let bytes = body.count - start
        body += Array("}\n".utf8)
        speaker.place = (speaker.place + length) % text.count
        speaker.index += 1
        speaker.tokensLeft -= 1
        speakers[number] = speaker
        return bytes
    }

    private func appendTime(to body: inout [UInt8]) {
        let day = 86_400_000_000
        let rest = microseconds % day
        append(rest / 3_600_000_000, digits: 2, to: &body)
        body.append(UInt8(ascii: ":"))
        append(rest / 60_000_000 % 60, digits: 2, to: &body)
        body.append(UInt8(ascii: ":"))
        append(rest / 1_000_000 % 60, digits: 2, to: &body)
        body.append(UInt8(ascii: "."))
        append(rest % 1_000_000, digits: 6, to: &body)
    }

    private func append(_ value: Int, digits: Int, to body: inout [UInt8]) {
        var power = 1
        for _ in 1..<digits { power *= 10 }
        while power > 0 {
            body.append(UInt8(ascii: "0") + UInt8(value / power % 10))
            power /= 10
        }
    }

    /// A random UUID, version 4.
    private mutating func uuid() -> String {
        let high = random.next() & ~0xF000 | 0x4000
        let low = random.next() & ~(3 << 62) | 1 << 63
        func hex(_ value: UInt64, _ shift: UInt64, _ digits: Int) -> String {
            let part = value >> shift & (1 << UInt64(4 * digits) - 1)
            let text = String(part, radix: 16)
            return String(repeating: "0", count: digits - text.count) + text
        }
        let head = [hex(high, 32, 8), hex(high, 16, 4), hex(high, 0, 4)]
        return (head + [hex(low, 48, 4), hex(low, 0, 12)]).joined(separator: "-")
    }
}
