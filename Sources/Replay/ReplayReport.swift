/// How a replay went.
package struct ReplayReport: Hashable, Sendable {
    /// Why it stopped.
    package enum End: Hashable, Sendable {
        /// It came to its end.
        case finished
        /// Its task was cancelled.
        case cancelled
    }

    /// Why it stopped.
    package var end: End
    /// The laps that were begun.
    package var laps: UInt64
    /// What was played, over all laps.
    package var playback: PlaybackReport
}
