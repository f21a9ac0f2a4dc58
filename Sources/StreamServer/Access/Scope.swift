/// One thing that the holder of a token may do.
package enum Scope: Hashable, Sendable, CustomStringConvertible {
    /// Post events, to any run.
    case publish
    /// Read the runs that the pattern describes.
    case read(RunPattern)
    /// Everything: read and publish without bounds, and see how the server fares.
    case admin

    /// What a scope is written like: the end of a sentence.
    package static let rule =
        "must be publish, admin, or read: and a pattern of runs, such as read:*"

    private static let readPrefix = "read:"

    /// The scope written as `text`; nil when there is none of that name.
    package init?(_ text: String) {
        switch text {
        case "publish":
            self = .publish
        case "admin":
            self = .admin
        default:
            guard text.hasPrefix(Scope.readPrefix),
                let pattern = RunPattern(String(text.dropFirst(Scope.readPrefix.count)))
            else { return nil }
            self = .read(pattern)
        }
    }

    /// The scope as it is written.
    package var description: String {
        switch self {
        case .publish: "publish"
        case .admin: "admin"
        case .read(let pattern): "\(Scope.readPrefix)\(pattern)"
        }
    }
}
