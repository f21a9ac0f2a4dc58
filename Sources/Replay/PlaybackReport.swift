/// What a player has played, how late, and how fast.
package struct PlaybackReport: Hashable, Sendable {
    /// Records that went out.
    package internal(set) var records: UInt64 = 0
    /// Gaps that went out.
    package internal(set) var gaps: UInt64 = 0
    /// How late the record was that went out last; 0 at `max`.
    package internal(set) var lagLastNanoseconds: UInt64 = 0
    /// How late the latest record was.
    package internal(set) var lagMaxNanoseconds: UInt64 = 0
    /// Original time from the first record to the last, with pauses cut to the idle limit.
    package internal(set) var originalMicroseconds: UInt64 = 0
    /// Playback time from the first record to the last, without the time spent paused.
    package internal(set) var playedNanoseconds: UInt64 = 0

    /// Records a second of playback time; 0 as long as no time has passed.
    package var recordsPerSecond: Double {
        playedNanoseconds == 0 ? 0 : Double(records) / Double(playedNanoseconds) * 1e9
    }

    /// How many times as fast as the original it went; 0 as long as no time has passed.
    package var achievedSpeed: Double {
        playedNanoseconds == 0
            ? 0 : Double(originalMicroseconds) * 1000 / Double(playedNanoseconds)
    }

    /// Nothing has been played.
    package init() {}
}
