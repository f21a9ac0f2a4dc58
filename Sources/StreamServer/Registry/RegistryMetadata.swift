import Journal

/// What stands in a registry as metadata.
struct RegistryMetadata: Hashable, Sendable {
    /// A JSON object; an empty one where there is none.
    let object: [UInt8]
    /// Whether what stands there is a JSON object, or nothing.
    let isValid: Bool

    init(_ text: String?) {
        let bytes = text.map { Array($0.utf8) } ?? Array("{}".utf8)
        isValid = (try? JSONScanner.data(in: bytes)) != nil
        object = isValid ? bytes : Array("{}".utf8)
    }
}
