import Journal
import Testing

@testable import StreamServer

@Suite("Retention limits")
struct RetentionLimitsTests {
    @Test(
        "an age is a number with a unit",
        arguments: [
            ("30d", 30 * 86_400), ("2w", 14 * 86_400), ("1.5h", 5400), ("45m", 2700), ("10s", 10),
            ("0.5d", 43_200),
        ])
    func ages(text: String, seconds: Int64) {
        #expect(RetentionAge(text)?.microseconds == seconds * 1_000_000)
    }

    @Test(
        "anything else is none",
        arguments: ["", "30", "d", "-1d", "30 d", "30y", "1e3d", "99999999999999999d", "1dd"])
    func noAges(text: String) {
        #expect(RetentionAge(text) == nil)
    }

    @Test(
        "a size is a number of bytes, with or without a unit",
        arguments: [
            ("10GB", 10_000_000_000), ("1GiB", 1_073_741_824), ("512mb", 512_000_000), ("0", 0),
            ("1.5kB", 1500), ("7B", 7), ("2TiB", 2_199_023_255_552),
        ])
    func sizes(text: String, bytes: UInt64) {
        #expect(ByteSize(text)?.bytes == bytes)
    }

    @Test(
        "anything else is none",
        arguments: ["", "GB", "-1GB", "1 GB", "1e9", "0x10", "many", "99999999999TB", "1.2.3"])
    func noSizes(text: String) {
        #expect(ByteSize(text) == nil)
    }

    @Test("limits become a policy at a time")
    func policy() throws {
        let limits = RetentionLimits(age: RetentionAge("10s"), size: ByteSize("5B"))
        let policy = limits.policy(
            at: Timestamp(microseconds: 15_000_000), takesWholeSegmentsOnly: true)
        #expect(policy.before == Timestamp(microseconds: 5_000_000))
        #expect(policy.bytesMax == 5 && policy.takesWholeSegmentsOnly)
        #expect(RetentionLimits().isEmpty && !limits.isEmpty)
    }
}
