import TestSupport
import Testing

@Suite("A journal is an array")
struct ModelTests {
    /// Sequences in one case; there are as many cases as `chunks`.
    static let sequencesPerChunk = 500

    /// The same in every run, so that a change is told from chance.
    static let chunks: [UInt64] = Array(1...20)

    /// Seeds that failed once.
    static let regressions: [UInt64] = [
        10718394831788804457, 15925239517773186980, 10196155599154299949, 18179038171323287704,
        15687139156415828795, 1234419760124844659, 11055304593508779818,
    ]

    @Test("whatever is done to it, and however it ends", arguments: chunks)
    func known(chunk: UInt64) {
        var seeds = SplitMix64(seed: chunk)
        for _ in 0..<ModelTests.sequencesPerChunk {
            guard check(seeds.next(), isRough: false) else { return }
        }
    }

    @Test("where it failed once", arguments: regressions)
    func regression(seed: UInt64) {
        for isRough in [false, true] { _ = check(seed, isRough: isRough) }
    }

    @Test("with runs that are deleted and retention that takes what is old", arguments: chunks)
    func removals(chunk: UInt64) {
        var seeds = SplitMix64(seed: chunk)
        for _ in 0..<ModelTests.sequencesPerChunk / 5 {
            guard let failure = CrashCampaign.failure(seeds.next(), isRough: false, removes: true)
            else { continue }
            Issue.record("\(failure)")
            return
        }
    }

    @Test("through crashes that nobody chose")
    func fresh() {
        let campaign = CrashCampaign.fromEnvironment()
        let (crashes, failures) = campaign.run()
        for failure in failures { Issue.record("\(failure)") }
        Figures.record("simulated_power_cuts", crashes.powerCuts, "crashes")
        Figures.record("simulated_kills", crashes.kills, "crashes")
        Figures.record("simulated_crashes_in_starts", crashes.inStarts, "crashes")
        #expect(!failures.isEmpty || crashes.total >= campaign.crashesMin)
    }

    @Test("a seed repeats a sequence to the last byte", arguments: [true, false])
    func repeats(isRough: Bool) throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var first = try ModelSequence(seed: seed, isRough: isRough)
            try first.run(100)
            var second = try ModelSequence(seed: seed, isRough: isRough)
            try second.run(100)
            #expect(first.trace == second.trace)
            #expect(first.world.files.everything == second.world.files.everything)
        }
    }

    @Test("a disk that lies is found out", arguments: DiskLie.allCases)
    func lies(lie: DiskLie) {
        var seeds = SplitMix64(seed: 3)
        for _ in 0..<300 {
            if CrashCampaign.failure(seeds.next(), isRough: true, lies: [lie]) != nil { return }
        }
        Issue.record("300 sequences did not notice \(lie)")
    }

    private func check(_ seed: UInt64, isRough: Bool) -> Bool {
        guard let failure = CrashCampaign.failure(seed, isRough: isRough) else { return true }
        Issue.record("\(failure)")
        return false
    }
}
