@testable import Journal
import Testing

@Suite("Timestamps and ids")
struct TimestampTests {
    @Test(
        "RFC 3339 is read",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.000001Z", 1),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("2026-11-23T14:53:47.980364Z", 1_795_445_627_980_364),
            ("2026-11-23T15:53:47.980364+01:00", 1_795_445_627_980_364),
            ("2026-11-23 14:53:47.9803649", 1_795_445_627_980_364),
            ("2026-11-23T14:53:47,5", 1_795_445_627_500_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
            ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ] as [(String, Int64)])
    func reading(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(
        "anything else is not",
        arguments: [
            "", "2026", "2026-11-23", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
            "2026-11-23T24:00:00Z", "2026-11-23T14:53:47.Z", "2026-11-23T14:53:47Zx",
            "2026-11-23T14:53:47+1", "0000-01-01T00:00:00Z", "2026-11-23T14:60:00Z",
            "ab26-11-23T14:00:00Z",
        ])
    func notReading(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("what is written is read again, and has 27 bytes")
    func writing() {
        for microseconds in [
            0, -1, 1_795_445_627_980_364, 951_782_399_999_999, 951_782_400_000_000,
        ] as [Int64] {
            let time = Timestamp(microseconds: microseconds)
            #expect(time.description.utf8.count == 27)
            #expect(Timestamp(rfc3339: time.description) == time)
        }
    }

    @Test(
        "event ids are an epoch and an offset, or an offset",
        arguments: [
            ("k7q2m9xa-184467", 184_467), ("184467", 184_467), ("0", 0),
            ("k7q2m9xa-18446744073709551615", .max),
        ] as [(String, UInt64)])
    func ids(text: String, offset: UInt64) {
        let id = EventID(text)
        #expect(id?.offset.rawValue == offset)
        #expect(id?.description == text)
    }

    @Test(
        "anything else is no event id",
        arguments: [
            "", "-", "k7q2m9xa-", "-5", "K7Q2M9XA-5", "k7q2m9x-5", "k7q2m9xa-5-6", "k7q2m9xa-+5",
            "k7q2m9xa-18446744073709551616", "k7q2m9xa 5", "5 ", "k7q2m9xa-000000000000000000005",
        ])
    func noIDs(text: String) {
        #expect(EventID(text) == nil)
    }

    @Test("a run's name is 1 to 256 bytes without control characters")
    func runIDs() {
        #expect(RunID("") == nil)
        #expect(RunID(String(repeating: "x", count: 256)) != nil)
        #expect(RunID(String(repeating: "x", count: 257)) == nil)
        #expect(RunID("a/b c\u{A0}é") != nil)
        for scalar in ["\u{0}", "\u{1F}", "\u{7F}", "\u{80}", "\u{9F}", "a\nb"] {
            #expect(RunID(scalar) == nil)
        }
    }

    @Test("an older epoch's ids are good below its fork, and below those that follow")
    func epochs() throws {
        let (a, b, c) = try (
            #require(Epoch("aaaaaaaa")), #require(Epoch("bbbbbbbb")), #require(Epoch("cccccccc"))
        )
        var chain = EpochChain(first: a)
        chain.fork(to: b, at: Offset(rawValue: 10))
        chain.fork(to: c, at: Offset(rawValue: 5))
        let end = Offset(rawValue: 20)
        func resolve(_ epoch: Epoch?, _ offset: UInt64) -> EpochChain.Resolution {
            chain.resolve(EventID(epoch: epoch, offset: Offset(rawValue: offset)), end: end)
        }
        func exact(_ offset: UInt64) -> EpochChain.Resolution {
            .exact(Cursor(after: Offset(rawValue: offset)))
        }
        for epoch in [a, b] {
            #expect(resolve(epoch, 4) == exact(4))
            #expect(resolve(epoch, 5) == .unknownEpoch)
            #expect(resolve(epoch, .max) == exact(.max))
        }
        #expect(resolve(c, 19) == exact(19))
        #expect(resolve(nil, 19) == exact(19))
        #expect(resolve(c, 20) == .ahead)
        #expect(resolve(Epoch("zzzzzzzz"), 1) == .unknownEpoch)
    }
}
