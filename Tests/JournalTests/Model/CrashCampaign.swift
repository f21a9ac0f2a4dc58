import Dispatch
import Foundation
@testable import Journal
import TestSupport

/// Sequences with fresh seeds, until a journal has been through so many crashes.
struct CrashCampaign {
    static let operations = 200

    /// The seed of the first sequences; each names itself when it fails.
    var seed: UInt64
    var crashesMin: Int
    /// One sequence alone, that of `seed`.
    var isRepeated = false

    /// 2,000 crashes, or 100,000 with `TAPEDECK_DEEP=1`; or, with `TAPEDECK_SEED`, the one sequence
    /// that it names.
    static func fromEnvironment() -> CrashCampaign {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["TAPEDECK_SEED"].flatMap({ UInt64($0) }) {
            return CrashCampaign(seed: seed, crashesMin: 0, isRepeated: true)
        }
        return CrashCampaign(
            seed: .random(in: .min ... .max),
            crashesMin: environment["TAPEDECK_DEEP"] == "1" ? 100_000 : 2000)
    }

    /// What broke a promise, and how to repeat it.
    struct Failure: CustomStringConvertible {
        var seed: UInt64
        var isRough: Bool
        var what: String
        var trace: [String]

        var description: String {
            "TAPEDECK_SEED=\(seed) (\(isRough ? "rough" : "calm")): \(what) — after "
                + (trace.prefix(1) + trace.dropFirst().suffix(8)).joined(separator: ", ")
        }
    }

    /// Runs sequences on all cores; ends early when one of them fails.
    func run() -> (Crashes, [Failure]) {
        guard !isRepeated else {
            return (
                Crashes(),
                [true, false].compactMap { CrashCampaign.failure(seed, isRough: $0) }
            )
        }
        let found = Locked<(crashes: Crashes, failures: [Failure])>((Crashes(), []))
        let cores = ProcessInfo.processInfo.activeProcessorCount
        DispatchQueue.concurrentPerform(iterations: cores) { core in
            var seeds = SplitMix64(seed: seed &+ UInt64(core))
            while found.withLock({ $0.crashes.total < crashesMin && $0.failures.isEmpty }) {
                let seed = seeds.next()
                var crashes = Crashes()
                let failure = CrashCampaign.failure(seed, isRough: true, crashes: &crashes)
                found.withLock {
                    $0.crashes += crashes
                    if let failure { $0.failures.append(failure) }
                }
            }
        }
        return found.withLock { ($0.crashes, $0.failures) }
    }

    /// What one sequence finds wrong; nil when nothing is.
    static func failure(
        _ seed: UInt64, isRough: Bool, removes: Bool = false, lies: Set<DiskLie> = []
    ) -> Failure? {
        var crashes = Crashes()
        return failure(seed, isRough: isRough, removes: removes, lies: lies, crashes: &crashes)
    }

    private static func failure(
        _ seed: UInt64, isRough: Bool, removes: Bool = false, lies: Set<DiskLie> = [],
        crashes: inout Crashes
    ) -> Failure? {
        var sequence: ModelSequence?
        defer { crashes += sequence?.crashes ?? Crashes() }
        do {
            sequence = try ModelSequence(
                seed: seed, isRough: isRough, removes: removes, lies: lies)
            try sequence?.run(operations)
            return nil
        } catch {
            return Failure(
                seed: seed, isRough: isRough, what: "\(error)", trace: sequence?.trace ?? [])
        }
    }
}
