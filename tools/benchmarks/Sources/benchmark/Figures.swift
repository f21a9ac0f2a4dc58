import Foundation

/// What was measured, printed as it comes: `FIGURE name value unit`.
enum Figures {
    static func print(_ name: String, _ value: Double, _ unit: String) {
        let text = String(format: "%.6g", value)
        FileHandle.standardOutput.write(Data("FIGURE \(name) \(text) \(unit)\n".utf8))
    }

    /// The median of some runs under the name, and their lowest and highest under `_low`, `_high`.
    static func print(_ name: String, runs: [Double], _ unit: String) {
        print(name, runs.percentile(50), unit)
        guard runs.count > 1 else { return }
        print(name + "_low", runs.percentile(0), unit)
        print(name + "_high", runs.percentile(100), unit)
    }
}

extension [Double] {
    var mean: Double { isEmpty ? .nan : reduce(0, +) / Double(count) }

    /// The value that so many percent of all do not exceed.
    func percentile(_ percent: Double) -> Double {
        guard !isEmpty else { return .nan }
        let place = Int((Double(count) * percent / 100).rounded(.up)) - 1
        return sorted()[Swift.min(Swift.max(place, 0), count - 1)]
    }
}

/// Time and processor time that something took, in seconds.
struct Cost {
    var wall: Double
    var cpu: Double

    static func of(_ work: () throws -> Void) rethrows -> Cost {
        let start = (seconds, cpuSeconds)
        try work()
        return Cost(wall: seconds - start.0, cpu: cpuSeconds - start.1)
    }

    /// Seconds by the monotonic clock.
    static var seconds: Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }

    /// Seconds of all processors that this process has had, the kernel's work for it included.
    static var cpuSeconds: Double {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }
}
