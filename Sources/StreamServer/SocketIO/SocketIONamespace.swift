/// The name of a Socket.IO namespace: `/`, or `/name`.
///
/// At most 256 bytes of UTF-8 without commas, question marks and control characters.
package struct SocketIONamespace: Hashable, Sendable, CustomStringConvertible {
    /// The longest name, in bytes of UTF-8.
    package static let bytesMax = 256

    /// The default namespace, which packets do not name.
    package static let root = SocketIONamespace(unchecked: "/")

    /// The name, with its slash.
    package let description: String

    /// What a packet for this namespace carries between its type and its payload.
    package var prefix: String { self == .root ? "" : "\(description)," }

    /// The namespace `text`, as a user names it: the leading slash may be left out.
    ///
    /// - Throws: `UpstreamConfigurationError` with a sentence for the user.
    package init(_ text: String) throws(UpstreamConfigurationError) {
        let name = text.hasPrefix("/") ? text : "/\(text)"
        guard SocketIONamespace.isValid(name) else {
            throw UpstreamConfigurationError(
                "The namespace must be at most \(SocketIONamespace.bytesMax) bytes "
                    + "without commas, question marks and control characters.")
        }
        description = name
    }

    /// The namespace that stands in a packet, slash first and without a query; nil if it is
    /// not one.
    init?(parsing bytes: ArraySlice<UInt8>) {
        guard bytes.count <= SocketIONamespace.bytesMax,
            let name = String(validating: bytes.prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self),
            SocketIONamespace.isValid(name)
        else { return nil }
        description = name
    }

    private init(unchecked name: String) {
        description = name
    }

    private static func isValid(_ name: String) -> Bool {
        name.utf8.first == UInt8(ascii: "/") && name.utf8.count <= bytesMax
            && name.unicodeScalars.allSatisfy {
                $0.properties.generalCategory != .control && $0 != "," && $0 != "?"
            }
    }
}
