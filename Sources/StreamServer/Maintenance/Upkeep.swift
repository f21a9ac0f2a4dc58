import Journal
import Logging
import ServiceLifecycle

/// What cares for a journal while it is served: its scrub, and the watch over its disk's space.
struct Upkeep: Sendable {
    let space: SpaceWatch
    /// nil when it is not scrubbed.
    let scrubber: Scrubber?

    /// What runs for it.
    var services: [any Service] {
        let scrubs = [scrubber].compactMap { $0 }.map { scrubber in
            BackgroundService { await scrubber.run() }
        }
        return [BackgroundService { [space] in await space.run() }] + scrubs
    }

    /// What the scrub has done and found.
    var scrubStatus: ScrubStatus { scrubber?.status ?? ScrubStatus() }

    /// What does not stand in the way and wants somebody's attention, a sentence each.
    var concerns: [String] {
        let findings = scrubStatus.findings
        let damage = findings.first.map {
            "the scrub found damage (findings: \(findings.count), the first in \($0.path)); "
                + "see tapedeck verify"
        }
        return [space.space.concern, damage].compactMap { $0 }
    }
}

/// Work that goes on until the server stops.
private struct BackgroundService: Service {
    let work: @Sendable () async -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown { await work() }
    }
}
