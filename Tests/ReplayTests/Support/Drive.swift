import Journal
import Replay

/// Something that went out, and when.
struct Emission: Equatable {
    var items: [Int]
    var time: UInt64
}

extension Player {
    /// Plays on from `now`, never late, until it ends, is paused, or needs records; moves `now`.
    mutating func drive(now: inout UInt64, until stop: UInt64 = .max) -> [Emission] {
        var emissions: [Emission] = []
        while true {
            switch next(now: now) {
            case .emit(let items):
                emissions.append(Emission(items: short(items), time: now))
            case .wait(let deadline):
                guard deadline <= stop else {
                    now = stop
                    return emissions
                }
                now = deadline
            case .needRecords, .paused, .finished:
                return emissions
            }
        }
    }
}
