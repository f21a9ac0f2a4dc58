/// Why an Engine.IO request is refused: 400, with a code that clients know.
struct EngineIORefusal: Error, Hashable, Sendable {
    /// What clients know the refusal by.
    let code: Int
    /// One sentence, or what the protocol's own servers say.
    let message: String

    static let transportUnknown = EngineIORefusal(code: 0, message: "Transport unknown")
    static let sessionUnknown = EngineIORefusal(code: 1, message: "Session ID unknown")
    static let badMethod = EngineIORefusal(code: 2, message: "Bad handshake method")
    static let unsupportedVersion = EngineIORefusal(
        code: 5, message: "Unsupported protocol version")

    /// Anything else, in words.
    static func badRequest(_ message: String) -> EngineIORefusal {
        EngineIORefusal(code: 3, message: message)
    }

    /// The body: `{"code","message"}`.
    var json: [UInt8] {
        var object = JSONObject()
        object.add("code", code)
        object.add("message", message)
        return object.json
    }
}
