import Foundation

/// What was measured, printed as it comes: `name value`.
enum Results {
    static func print(_ name: String, _ value: Double) {
        write("\(name) \(String(format: "%.6g", value))\n")
    }

    /// Tells whoever started this that it may do the next thing.
    static func tell(_ word: String) {
        write(word + "\n")
    }

    /// What no client may see.
    static func print(_ tally: Tally) {
        print("lost", Double(tally.lost))
        print("duplicated", Double(tally.duplicated))
    }

    static func print(_ window: Drive.Window) {
        print("delivered_per_second", window.rate)
        print("cpu_per_million", window.serverCPU / Double(max(window.delivered, 1)) * 1e6)
        print("server_cpu", window.serverCPU / window.seconds)
        print("client_cpu", window.ownCPU / window.seconds)
    }

    private static func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
