import Foundation
import TestSupport
import Testing

@Suite("A journal is an array")
struct ModelTests {
    /// Sequences in one case; there are as many cases as `chunks`.
    static let sequencesPerChunk = 500
    static let operations = 200

    /// The same in every run, so that a change is told from chance.
    ///
    /// Fresh ones with `TAPEDECK_DEEP=1`. A failure prints the seed of its sequence.
    static let chunks: [UInt64] =
        ProcessInfo.processInfo.environment["TAPEDECK_DEEP"] == "1"
        ? (0..<20).map { _ in UInt64.random(in: .min ... .max) } : Array(1...20)

    /// Seeds that failed once.
    static let regressions: [UInt64] = [
        10718394831788804457, 15925239517773186980, 10196155599154299949, 18179038171323287704,
        15687139156415828795, 1234419760124844659, 11055304593508779818,
    ]

    @Test("whatever is done to it, and however it ends", arguments: chunks)
    func fresh(chunk: UInt64) {
        var seeds = SplitMix64(seed: chunk)
        for _ in 0..<ModelTests.sequencesPerChunk {
            guard check(seeds.next()) else { return }
        }
    }

    @Test("where it failed once", arguments: regressions)
    func regression(seed: UInt64) {
        _ = check(seed)
    }

    @Test("with runs that are deleted and retention that takes what is old", arguments: chunks)
    func removals(chunk: UInt64) {
        var seeds = SplitMix64(seed: chunk)
        for _ in 0..<ModelTests.sequencesPerChunk / 5 {
            guard check(seeds.next(), removes: true) else { return }
        }
    }

    private func check(_ seed: UInt64, removes: Bool = false) -> Bool {
        var sequence: ModelSequence?
        do {
            sequence = try ModelSequence(seed: seed, removes: removes)
            try sequence?.run(ModelTests.operations)
            return true
        } catch {
            let trace = sequence?.trace.suffix(8).joined(separator: ", ") ?? "the first start"
            Issue.record("seed \(seed): \(error) — after \(trace)")
            return false
        }
    }
}
