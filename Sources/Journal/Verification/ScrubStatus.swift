/// What a scrub has done so far, and what it found.
package struct ScrubStatus: Sendable {
    /// How many bytes were read.
    package internal(set) var bytes: UInt64 = 0
    /// How many segments were checked to their end.
    package internal(set) var segments: UInt64 = 0
    /// When a pass over all sealed segments ended last; nil until the first has.
    package internal(set) var lastPass: Timestamp?
    /// What was damaged in each segment when it was checked last.
    var findingsByBase: [Offset: [VerificationReport.Finding]] = [:]

    /// Nothing yet.
    package init() {}

    /// What is damaged, as far as it is known, by segment.
    package var findings: [VerificationReport.Finding] {
        findingsByBase.sorted { $0.key < $1.key }.flatMap(\.value)
    }
}
