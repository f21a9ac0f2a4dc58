/// What `Package.swift` declares: each target, and the modules that it may import.
struct Manifest {
    private(set) var dependencies: [String: Set<String>] = [:]

    /// Reads the text of a `Package.swift` in the usual form.
    init(_ text: String) {
        for kind in [".target", ".executableTarget", ".testTarget", ".systemLibrary", ".macro"] {
            var rest = text[...]
            while let call = rest.firstRange(of: kind + "(") {
                rest = rest[call.upperBound...]
                let body = Manifest.enclosed(rest, by: ("(", ")"))
                // `.target(name:)` within a list of dependencies declares nothing.
                guard let name = Manifest.string(after: "name:", in: body) else { continue }
                let isDependency =
                    kind == ".target" && !body.contains(",") && dependencies[name] != nil
                if !isDependency { dependencies[name] = Manifest.dependencies(in: body) }
            }
        }
    }

    private static func dependencies(in body: Substring) -> Set<String> {
        guard let start = body.firstRange(of: "dependencies:"),
            let bracket = body[start.upperBound...].firstIndex(of: "[")
        else { return [] }
        let list = enclosed(body[body.index(after: bracket)...], by: ("[", "]"))
        // Whatever stands in quotes is a module, except the packages that products come from.
        var names: Set<String> = []
        for line in list.split(whereSeparator: { $0 == "\n" }) {
            let named = line.firstRange(of: "package:").map { line[..<$0.lowerBound] } ?? line
            let pieces = named.split(separator: "\"", omittingEmptySubsequences: false)
            for place in stride(from: 1, to: pieces.count, by: 2) {
                names.insert(String(pieces[place]))
            }
        }
        return names
    }

    /// What stands before the bracket that closes the one just before `text`.
    private static func enclosed(_ text: Substring, by pair: (Character, Character)) -> Substring {
        var depth = 1
        for place in text.indices {
            if text[place] == pair.0 { depth += 1 }
            if text[place] == pair.1 { depth -= 1 }
            if depth == 0 { return text[..<place] }
        }
        return text
    }

    private static func string(after label: String, in text: Substring) -> String? {
        guard let range = text.firstRange(of: label) else { return nil }
        let pieces = text[range.upperBound...].split(
            separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
        return pieces.count == 3 ? String(pieces[1]) : nil
    }
}
