import TestSupport

/// What a random sequence does to a journal.
enum ModelOperation: CaseIterable {
    case append, burst, read, readBack, readView, resolveIDs, checkRuns
    case stop, kill, cutPower, failAndRestart, failOnce, failReading, fillDisk, wait

    /// How often each is drawn, of 100: in calm sequences, in rough ones.
    private var weight: (calm: Int, rough: Int) {
        switch self {
        case .append: (48, 36)
        case .burst: (4, 3)
        case .read: (22, 10)
        case .readBack: (4, 2)
        case .readView: (1, 2)
        case .resolveIDs: (9, 4)
        case .checkRuns: (2, 1)
        case .stop: (2, 4)
        case .kill: (1, 6)
        case .cutPower: (1, 10)
        case .failAndRestart: (1, 12)
        case .failOnce: (1, 4)
        case .failReading: (2, 2)
        case .fillDisk: (1, 2)
        case .wait: (1, 2)
        }
    }

    static func draw(isRough: Bool, using generator: inout SplitMix64) -> ModelOperation {
        var choice = generator.below(100)
        for operation in allCases {
            choice -= isRough ? operation.weight.rough : operation.weight.calm
            if choice < 0 { return operation }
        }
        preconditionFailure("the weights are percentages")
    }
}

/// How often a journal was ended without a stop.
struct Crashes {
    /// The power was cut while it was open.
    var powerCuts = 0
    /// The process was killed while it was open.
    var kills = 0
    /// One of the two while it was being opened.
    var inStarts = 0

    var total: Int { powerCuts + kills + inStarts }

    static func += (sum: inout Crashes, more: Crashes) {
        sum.powerCuts += more.powerCuts
        sum.kills += more.kills
        sum.inStarts += more.inStarts
    }
}
