import Journal
import ServiceLifecycle

/// Heals by the registry as long as the server runs; first what was missed before it did.
struct RegistryService: Service {
    let healer: RegistryHealer
    /// When something was recorded last before this start.
    let lastRecorded: Timestamp?

    func run() async throws {
        healer.reconcile(since: nil)
        if let lastRecorded { healer.reconcile(since: lastRecorded) }
        await cancelWhenGracefulShutdown { await healer.run() }
    }
}
