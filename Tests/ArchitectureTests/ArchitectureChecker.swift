/// Holds the sources to the rules of the architecture.
///
/// Reads nothing by itself: files in, violations out.
struct ArchitectureChecker {
    /// One place that breaks a rule.
    struct Violation: Hashable, CustomStringConvertible {
        var rule: Rule
        var path: String
        var line: Int
        var what: String

        var description: String { "\(path):\(line): \(what) [\(rule)]" }
    }

    enum Rule: CaseIterable {
        /// A target imports one that lies above it, or beside it.
        case direction
        /// A target imports what it is to know nothing of.
        case ignorance
        /// An import is no declared dependency of its target.
        case undeclared
        /// A file is too long.
        case length
        /// A file says what no file is to say.
        case word
    }

    static let linesMax = 400

    /// Our own modules; each may import those in lower rows alone.
    private static let layers = [
        ["CLZ4", "CChecksum", "CPlatform"], ["Journal"], ["Replay"], ["StreamServer"], ["tapedeck"],
    ]
    /// What comes with the language or the system and is never declared.
    private static let system: Set<String> = [
        "Swift", "Synchronization", "Foundation", "FoundationEssentials", "Dispatch", "Glibc",
        "Musl", "Darwin", "Testing",
    ]
    /// Beginnings of names of modules that a target is to know nothing of.
    private static let ignored = [
        "Journal": ["NIO", "Hummingbird", "HTTP", "Logging", "CoreMetrics", "Metrics"],
        "Replay": ["NIO", "Hummingbird", "HTTP", "CoreMetrics", "Metrics"],
    ]
    /// Spelled in two parts, since this file is checked as well.
    private static let words = [
        "TO" + "DO", "FIX" + "ME", "fatal" + "Error", "try" + "!", "as" + "!",
    ]

    let manifest: Manifest

    /// A checker of a package whose `Package.swift` has this text.
    init(manifest: String) {
        self.manifest = Manifest(manifest)
    }

    /// Every place in `files` that breaks a rule, in order.
    func violations(in files: [SourceFile]) -> [Violation] {
        files.flatMap { length(of: $0) + imports(of: $0) + words(in: $0) }
    }

    private func length(of file: SourceFile) -> [Violation] {
        let lines = file.text.hasSuffix("\n") ? file.lines.count - 1 : file.lines.count
        guard lines > ArchitectureChecker.linesMax else { return [] }
        return [Violation(rule: .length, path: file.path, line: lines, what: "\(lines) lines")]
    }

    private func imports(of file: SourceFile) -> [Violation] {
        guard let target = file.target else { return [] }
        return file.imports.flatMap { line, module in
            rules(brokenBy: target, importing: module).map {
                Violation(
                    rule: $0, path: file.path, line: line, what: "\(target) imports \(module)")
            }
        }
    }

    private func rules(brokenBy target: String, importing module: String) -> [Rule] {
        var rules: [Rule] = []
        if let own = layer(of: target), let other = layer(of: module), other >= own {
            rules.append(.direction)
        }
        if ArchitectureChecker.ignored[target]?.contains(where: { module.hasPrefix($0) }) == true {
            rules.append(.ignorance)
        }
        let isDeclared = manifest.dependencies[target]?.contains(module) == true
        if !isDeclared, !ArchitectureChecker.system.contains(module) { rules.append(.undeclared) }
        return rules
    }

    private func layer(of module: String) -> Int? {
        ArchitectureChecker.layers.firstIndex { $0.contains(module) }
    }

    private func words(in file: SourceFile) -> [Violation] {
        file.lines.enumerated().flatMap { place, line in
            ArchitectureChecker.words.filter { ArchitectureChecker.says($0, line) }.map {
                Violation(rule: .word, path: file.path, line: place + 1, what: "it says \($0)")
            }
        }
    }

    /// Whether `word` stands in `line` and is not part of a longer one.
    private static func says(_ word: String, _ line: Substring) -> Bool {
        line.ranges(of: word).contains { range in
            let before = line[..<range.lowerBound].last
            let after = line[range.upperBound...].first
            let isOpen = before.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
            // What ends in a mark ends there.
            let goesOn = word.last?.isLetter == true && after?.isLetter == true
            return !isOpen && !goesOn
        }
    }
}
