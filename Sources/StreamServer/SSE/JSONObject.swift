package import Journal

/// Builds one JSON object, member by member, in the order of the calls.
package struct JSONObject {
    /// The bytes so far, without the closing brace.
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    package init() {}

    /// Adds a string, or null.
    package mutating func add(_ key: String, _ value: String?) {
        name(key)
        if let value { JSONWriter.append(value, to: &bytes) } else { null() }
    }

    /// Adds a number, or null.
    package mutating func add(_ key: String, _ value: (some BinaryInteger)?) {
        name(key)
        if let value { bytes += Array(String(value).utf8) } else { null() }
    }

    /// Adds true or false.
    package mutating func add(_ key: String, _ value: Bool) {
        name(key)
        bytes += Array((value ? "true" : "false").utf8)
    }

    /// Adds an id, or null.
    package mutating func add(_ key: String, _ value: EventID?) {
        add(key, value?.description)
    }

    /// Adds a moment in RFC 3339.
    package mutating func add(_ key: String, _ value: Timestamp) {
        add(key, value.description)
    }

    /// Adds a list of strings.
    package mutating func add(_ key: String, _ values: [String]) {
        name(key)
        bytes.append(UInt8(ascii: "["))
        for (place, value) in values.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            JSONWriter.append(value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// Adds JSON that is written already.
    package mutating func add(_ key: String, json value: [UInt8]) {
        name(key)
        bytes += value
    }

    /// The finished object.
    package var json: [UInt8] { bytes + [UInt8(ascii: "}")] }

    private mutating func name(_ key: String) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        JSONWriter.append(key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func null() {
        bytes += Array("null".utf8)
    }
}
