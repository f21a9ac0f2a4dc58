package import Journal

/// A run as a person reads it in a terminal: who says what to whom, wrapped to the width.
package struct Transcript: Sendable {
    /// The narrowest width that text is wrapped to.
    package static let widthMin = 40
    private static let indent = "          "

    private let width: Int
    private let isColored: Bool

    /// A transcript so many columns wide, with colours or without.
    package init(width: Int, isColored: Bool) {
        self.width = max(width, Transcript.widthMin)
        self.isColored = isColored
    }

    /// The lines before a run's events: its title, name, state and extent.
    package func header(_ run: RunInfo, at now: Timestamp) -> String {
        let seconds = max(run.lastAt.microseconds - run.firstAt.microseconds, 0) / 1_000_000
        let minutes = seconds >= 60 ? "\(seconds / 60) min " : ""
        var text = ""
        if let title = run.title { text += styled(wrapped(title, indent: ""), .title) }
        let state = [
            run.run.name, run.status(at: now).rawValue, "\(run.events) events",
            "\(run.firstAt.description.prefix(19))Z", "\(minutes)\(seconds % 60) s",
        ]
        text += styled(wrapped(state.joined(separator: " · "), indent: ""), .quiet)
        return text + "\n"
    }

    /// The lines of one event.
    package func lines(_ type: EventType, _ data: [UInt8], at time: Timestamp) -> String {
        let fields = (try? JSONScanner.data(in: data).fields) ?? EventFields()
        let clock = String(time.description.dropFirst(11).prefix(8))
        func text(_ field: JSONText?) -> String? { field?.string(in: data) }
        switch type {
        case .messageSent:
            let kind = text(fields.messageType) ?? "message"
            let people = "\(text(fields.fromAgent) ?? "?") → \(text(fields.toAgent) ?? "?")"
            let urgency = text(fields.urgency).map { "  \($0)" } ?? ""
            return head(clock, "\(people)  \(kind)\(urgency)", Style(kind))
                + body(text(fields.content) ?? "")
        case .threadCreated:
            let people = "\(text(fields.parentAgent) ?? "?") → \(text(fields.childAgent) ?? "?")"
            return head(clock, "── thread opened: \(people)", .quiet)
                + body(text(fields.title) ?? "")
        case .threadClosed:
            let status = text(fields.status) ?? "closed"
            let failed = ["failed", "timeout", "abandoned"].contains(status)
            return head(clock, "── thread \(status)", failed ? .error : .quiet)
        default:
            return head(clock, type.name, type.name == "journal_gap" ? .error : .quiet)
                + body(String(decoding: data, as: UTF8.self))
        }
    }

    /// The line that says that events are missing here.
    package func missing(_ what: String) -> String {
        styled(wrapped("⚠ \(what)", indent: ""), .error)
    }

    private func head(_ clock: String, _ text: String, _ style: Style) -> String {
        styled(wrapped("\(clock)  \(text)", indent: ""), style)
    }

    private func body(_ text: String) -> String {
        text.isEmpty ? "" : wrapped(text, indent: Transcript.indent)
    }

    private func wrapped(_ text: String, indent: String) -> String {
        var output = ""
        for line in TextWrapper(width: width - indent.count).lines(of: text) {
            output += line.isEmpty ? "\n" : "\(indent)\(line)\n"
        }
        return output
    }

    private func styled(_ text: String, _ style: Style) -> String {
        guard isColored, let code = style.code else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.isEmpty ? "" : "\u{1B}[\(code)m\($0)\u{1B}[0m"
        }.joined(separator: "\n")
    }

    private enum Style {
        case title, quiet, delegation, question, answer, completion, error, plain

        init(_ messageType: String) {
            switch messageType {
            case "delegation": self = .delegation
            case "question": self = .question
            case "answer": self = .answer
            case "completion": self = .completion
            case "error", "abort", "escalation": self = .error
            case "status": self = .quiet
            default: self = .plain
            }
        }

        /// What ECMA-48 calls the rendition.
        var code: String? {
            switch self {
            case .title: "1"
            case .quiet: "2"
            case .delegation: "34"
            case .question: "33"
            case .answer, .completion: "32"
            case .error: "31"
            case .plain: nil
            }
        }
    }
}
