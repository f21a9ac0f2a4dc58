/// What the command line asks for: `--name value` pairs.
struct Arguments {
    private var values: [String: String] = [:]

    init(_ words: ArraySlice<String>) throws(LoadError) {
        var words = words
        while let name = words.popFirst() {
            guard name.hasPrefix("--"), let value = words.popFirst() else {
                throw LoadError("\(name) is no option with a value")
            }
            values[String(name.dropFirst(2))] = value
        }
    }

    func text(_ name: String) -> String? { values[name] }

    func whole(_ name: String, _ standard: Int? = nil) throws(LoadError) -> Int {
        guard let value = values[name].map({ Int($0) }) ?? standard else {
            throw LoadError("--\(name) takes a whole number")
        }
        return value
    }

    func number(_ name: String, _ standard: Double? = nil) throws(LoadError) -> Double {
        guard let value = values[name].map({ Double($0) }) ?? standard else {
            throw LoadError("--\(name) takes a number")
        }
        return value
    }

    /// The server under load.
    func server() throws(LoadError) -> LoadServer {
        guard let kind = values["server"].flatMap({ LoadServer.Kind(rawValue: $0) }),
            let port = UInt16(exactly: try whole("port"))
        else { throw LoadError("name --server tapedeck or nchan, and its --port") }
        return LoadServer(kind: kind, port: port)
    }

    /// The server's processes.
    func cost() throws(LoadError) -> ProcessCost {
        let words = (values["processes"] ?? "").split(separator: ",")
        let processes = words.compactMap { Int32($0) }
        guard processes.count == words.count else {
            throw LoadError("--processes takes numbers and commas")
        }
        return ProcessCost(processes: processes)
    }
}
