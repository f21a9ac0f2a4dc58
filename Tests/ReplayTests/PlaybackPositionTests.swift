import Journal
import Replay
import Testing

@Suite("Playback positions")
struct PlaybackPositionTests {
    @Test(
        "a position is an id, a length of time, a percentage or a moment",
        arguments: [
            ("184467", .id(EventID(epoch: nil, offset: Offset(rawValue: 184_467)))),
            ("0", .id(EventID(epoch: nil, offset: .zero))),
            (
                "k7q2m9xa-184467",
                .id(EventID(epoch: Epoch("k7q2m9xa"), offset: Offset(rawValue: 184_467)))
            ),
            (
                "18446744073709551615",
                .id(EventID(epoch: nil, offset: Offset(rawValue: .max)))
            ),
            ("12.5s", .elapsed(PlaybackDuration(microseconds: 12_500_000))),
            ("0s", .elapsed(PlaybackDuration(microseconds: 0))),
            ("250ms", .elapsed(PlaybackDuration(microseconds: 250_000))),
            ("1.5m", .elapsed(PlaybackDuration(microseconds: 90_000_000))),
            ("2h", .elapsed(PlaybackDuration(microseconds: 7_200_000_000))),
            ("40%", .percent(millionths: 40_000_000)),
            ("0%", .percent(millionths: 0)),
            ("100%", .percent(millionths: 100_000_000)),
            ("12.345678%", .percent(millionths: 12_345_678)),
            (
                "2026-11-23T14:53:47.980364Z",
                .time(Timestamp(microseconds: 1_795_445_627_980_364))
            ),
            ("2026-11-23T15:53:47+01:00", .time(Timestamp(microseconds: 1_795_445_627_000_000))),
        ] as [(String, PlaybackPosition)])
    func parses(text: String, expected: PlaybackPosition) throws {
        #expect(try PlaybackPosition(parsing: text) == expected)
    }

    @Test(
        "what is no position is refused in one sentence that quotes it",
        arguments: [
            "", " ", "abc", "-1", "+1", "12.5", "1e3", "s", "%", ".s", "1.s", "-1s", "1 s", "12,5s",
            "101%", "100.000001%", "-1%", "NaN%", "k7q2m9xa-", "-184467", "K7Q2M9XA-1",
            "k7q2m9x-1", "18446744073709551616", "99999999999999999999s", "2026-11-23",
            "2026-13-23T00:00:00Z", "14:53:47", "\u{0}1", "１２s",
        ])
    func refuses(text: String) throws {
        let error = try #require(throws: ReplayError.self) {
            try PlaybackPosition(parsing: text)
        }
        #expect(error.code == .invalidPosition)
        #expect(error.message.contains("is not a position: give an event id"))
        #expect(!error.message.unicodeScalars.contains { $0.value < 32 })
    }

    @Test("a long text is cut where an error quotes it")
    func cutsLongText() throws {
        let error = try #require(throws: ReplayError.self) {
            try PlaybackPosition(parsing: String(repeating: "x", count: 100_000))
        }
        #expect(error.message.count < 300)
    }
}
