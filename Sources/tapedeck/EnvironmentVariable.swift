import Glibc

/// A variable of the process's environment.
enum EnvironmentVariable {
    /// Its value; nil where it is unset or empty.
    static func value(of name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }
}
