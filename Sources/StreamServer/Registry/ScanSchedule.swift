/// The passes that are asked for: the next one, whose time is fixed, and one for all that is asked
/// for meanwhile.
struct ScanSchedule: Sendable {
    /// Requests that follow each other so closely are one: each may begin that much earlier.
    static let togetherMax = Duration.seconds(1)

    private var next: ScanRequest?
    private var later: ScanRequest?

    /// Asks for a pass.
    mutating func add(_ request: ScanRequest) {
        if let first = next {
            if request.due - first.due <= ScanSchedule.togetherMax {
                next = first.merged(with: request, due: first.due)
            } else {
                later = later?.merged(with: request, due: request.due) ?? request
            }
        } else {
            next = request
        }
    }

    /// The pass that is due at `now`, which then is no longer asked for.
    mutating func takeDue(at now: ContinuousClock.Instant) -> ScanRequest? {
        guard let request = next, request.due <= now else { return nil }
        next = later
        later = nil
        return request
    }
}
