import Replay
import Testing

@Suite("Speeds and durations")
struct SpeedTests {
    @Test(
        "a speed is a factor from 0.1 to 1000, or max",
        arguments: [
            ("0.1", 100_000, "0.1"), ("1", 1_000_000, "1"), ("1.0", 1_000_000, "1"),
            ("10x", 10_000_000, "10"), (".5", 500_000, "0.5"), ("1000", 1_000_000_000, "1000"),
            ("2.25x", 2_250_000, "2.25"), ("1000.0000001", 1_000_000_000, "1000"),
            ("max", nil, "max"),
        ] as [(String, UInt64?, String)])
    func parses(text: String, millionths: UInt64?, description: String) throws {
        let speed = try Speed(parsing: text)
        #expect(speed.millionths == millionths)
        #expect(speed.description == description)
        #expect(try Speed(parsing: speed.description) == speed)
    }

    @Test(
        "what is no speed, or one out of bounds, is refused",
        arguments: [
            "", "0", "0.0999999", "1000.1", "1001", "-1", "+1", "1e3", "NaN", "inf", "x", "10xx",
            "MAX", "1.", "1..5", "1 ", "0x10", "99999999999999999999999",
        ])
    func refuses(text: String) throws {
        let error = try #require(throws: ReplayError.self) { try Speed(parsing: text) }
        #expect(error.code == .invalidSpeed)
        #expect(
            error.message == "\"\(text)\" is not a speed: give a number from 0.1 to 1000, or max")
    }

    @Test(
        "a duration has a unit, or is in seconds",
        arguments: [
            ("2s", 2_000_000), ("500ms", 500_000), ("1.5s", 1_500_000), ("2m", 120_000_000),
            ("2", 2_000_000), ("0.25", 250_000), ("0", 0), ("1h", 3_600_000_000),
            ("0.001ms", 1), ("0.0000019s", 1), ("18446744073709s", 18_446_744_073_709_000_000),
        ] as [(String, UInt64)])
    func parsesDurations(text: String, microseconds: UInt64) throws {
        #expect(try PlaybackDuration(parsing: text).microseconds == microseconds)
    }

    @Test(
        "what is no duration is refused",
        arguments: [
            "", "s", "ms", "-2s", "2 s", "2d", "2S", "1e3s", "2ss", "s2", "18446744073710s",
            "99999999999999m", "40%",
        ])
    func refusesDurations(text: String) throws {
        let error = try #require(throws: ReplayError.self) {
            try PlaybackDuration(parsing: text)
        }
        #expect(error.code == .invalidDuration)
    }
}
