package import Journal

/// What is taken out of a run before it is handed on: the values of keys, and whatever a pattern
/// matches, at any depth.
///
/// Patterns are matched against strings as they read, escapes resolved, against names of members
/// and against numbers as they are written. What is left of a string is written anew, so that no
/// byte of what was taken out remains.
package struct Redaction: Sendable {
    /// What stands where something was taken out.
    package static let mark = "[redacted]"

    /// What was taken out so far.
    package struct Report: Hashable, Sendable {
        /// Values and names of which something was taken out.
        package var values = 0
        /// Events that had such.
        package var events = 0
    }

    private var keys: Set<String> = []
    // SAFETY: a pattern is never changed once it is made, and matching does not write to it.
    private nonisolated(unsafe) var patterns: [Regex<AnyRegexOutput>] = []
    /// What was taken out so far.
    package private(set) var report = Report()

    /// Takes nothing out.
    package static let none = Redaction()

    private init() {}

    /// Whether there is nothing to take out.
    package var isEmpty: Bool { unsafe patterns.isEmpty && keys.isEmpty }

    /// What `rules` name: `/pattern/` is a regular expression, anything else a key.
    ///
    /// - Throws: ``ReplayError`` with code `invalidRedaction` for what is neither.
    package init(_ rules: [String]) throws(ReplayError) {
        for rule in rules {
            guard rule.hasPrefix("/") else {
                guard !rule.isEmpty else {
                    throw ReplayError(
                        .invalidRedaction, "--redact takes a key or a /pattern/, not nothing")
                }
                keys.insert(rule)
                continue
            }
            guard rule.count > 2, rule.hasSuffix("/") else {
                throw ReplayError(
                    .invalidRedaction, "\(rule) is no pattern: it must end with a slash, as /a+b/")
            }
            do {
                let pattern = try Regex(String(rule.dropFirst().dropLast()))
                unsafe patterns.append(pattern)
            } catch {
                throw ReplayError(
                    .invalidRedaction, "\(rule) is no regular expression that can be read")
            }
        }
    }

    /// The record without what is to be taken out.
    ///
    /// - Throws: ``ReplayError`` with code `cannotRedact` when its data cannot be read, or what is
    ///   left of its run or type is no name; then it must not be handed on.
    package mutating func redact(_ record: Record) throws(ReplayError) -> Record {
        guard !isEmpty else { return record }
        let before = report.values
        var copy = record
        let (run, type) = (replaced(record.run.name), replaced(record.type.name))
        do throws(JSONError) {
            copy.data = try JSONRewriter.rewrite(record.data, with: &self)
        } catch {
            throw ReplayError(
                .cannotRedact,
                "the data at offset \(record.offset.rawValue) cannot be read: \(error)")
        }
        guard let newRun = RunID(run ?? record.run.name),
            let newType = EventType(type ?? record.type.name), !newType.isReserved || type == nil
        else {
            throw ReplayError(
                .cannotRedact,
                "what is left of the run or type at offset \(record.offset.rawValue) is no name")
        }
        (copy.run, copy.type) = (newRun, newType)
        if report.values > before { report.events += 1 }
        return copy
    }

    /// What is left of `text`; nil when all of it is.
    private mutating func replaced(_ text: String) -> String? {
        var left = text
        for pattern in unsafe patterns where left.firstMatch(of: pattern) != nil {
            left = left.replacing(pattern) { match in match.range.isEmpty ? "" : Redaction.mark }
        }
        guard left != text else { return nil }
        report.values += 1
        return left
    }
}

extension Redaction: JSONRewriting {
    /// What a member of that name is to have, instead of its value.
    package mutating func value(ofKey key: String) -> String? {
        guard keys.contains(key) else { return nil }
        report.values += 1
        return Redaction.mark
    }

    /// What is left of a string, a number or a member's name; nil when all of it is.
    package mutating func replacement(for text: String) -> String? { replaced(text) }
}
