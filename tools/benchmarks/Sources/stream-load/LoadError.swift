import Glibc

/// Why something could not be measured.
struct LoadError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// A call of the system that failed just now, with its reason.
    init(call: String) {
        description = unsafe "\(call): \(String(cString: strerror(errno)))"
    }
}
