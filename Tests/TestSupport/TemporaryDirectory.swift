import Foundation

/// The path of a directory, made by whoever needs it, that is gone after the test.
package final class TemporaryDirectory: Sendable {
    package let path = NSTemporaryDirectory() + "journal-" + UUID().uuidString

    package init() {}

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
