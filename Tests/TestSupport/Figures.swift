import Foundation

/// Figures that tests have found, for people and for reports.
package enum Figures {
    /// Prints `FIGURE name value unit`, and adds it to the file that `TAPEDECK_FIGURES` names.
    package static func record(_ name: String, _ value: Int, _ unit: String) {
        let line = "FIGURE \(name) \(value) \(unit)"
        print(line)
        guard let path = ProcessInfo.processInfo.environment["TAPEDECK_FIGURES"] else { return }
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        guard let file = FileHandle(forWritingAtPath: path) else { return }
        defer { try? file.close() }
        _ = try? file.seekToEnd()
        try? file.write(contentsOf: Data((line + "\n").utf8))
    }
}
