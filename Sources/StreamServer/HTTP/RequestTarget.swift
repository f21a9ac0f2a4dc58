import Journal

/// A request's path and query, decoded.
struct RequestTarget: Sendable {
    /// The segments of the path, percent-decoded each for itself, so that `%2F` stays within one.
    let path: [String]
    /// The parameters in order, percent-decoded.
    let query: [(name: String, value: String)]

    /// Takes apart the target of a request line.
    ///
    /// - Throws: ``Problem`` 400 when a percent-encoding is none, or is not UTF-8.
    init(_ target: some StringProtocol) throws(Problem) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var path: [String] = []
        for segment in parts[0].split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        {
            path.append(try RequestTarget.decode(segment, plusIsSpace: false))
        }
        var query: [(name: String, value: String)] = []
        if parts.count == 2 {
            for pair in parts[1].split(separator: "&") {
                let sides = pair.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                query.append(
                    (
                        try RequestTarget.decode(sides[0], plusIsSpace: true),
                        sides.count == 2
                            ? try RequestTarget.decode(sides[1], plusIsSpace: true) : ""
                    ))
            }
        }
        self.path = path
        self.query = query
    }

    /// The value of the first parameter of that name.
    func parameter(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }

    /// A whole number within `range`; nil when the parameter is absent.
    ///
    /// - Throws: ``Problem`` 400 when it is anything else.
    func number(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = parameter(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Problem(
                400,
                "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A yes or no: `1`, `true`, `0` or `false`; nil when the parameter is absent.
    ///
    /// - Throws: ``Problem`` 400 when it is anything else.
    func flag(_ name: String) throws(Problem) -> Bool? {
        switch parameter(name) {
        case nil: nil
        case "1", "true": true
        case "0", "false": false
        default: throw Problem(400, "\(name) must be 1 or 0")
        }
    }

    /// The run of that name.
    ///
    /// - Throws: ``Problem`` 400 when it is no run id.
    static func run(_ name: String) throws(Problem) -> RunID {
        guard let run = RunID(name) else {
            throw Problem(
                400, "a run id is 1 to \(RunID.bytesMax) bytes of UTF-8 without control characters")
        }
        return run
    }

    private static func decode(_ text: some StringProtocol, plusIsSpace: Bool) throws(Problem)
        -> String
    {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(hexadecimal),
                    let low = rest.popFirst().flatMap(hexadecimal)
                else { throw Problem(400, "the address has a % that starts no percent-encoding") }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace:
                bytes.append(UInt8(ascii: " "))
            default:
                bytes.append(byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw Problem(400, "the address is not UTF-8")
        }
        return decoded
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
