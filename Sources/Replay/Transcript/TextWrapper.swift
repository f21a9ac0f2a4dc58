/// Breaks text into lines that fit a terminal, and takes out what would command it.
package struct TextWrapper: Sendable {
    private static let tabWidth = 4

    private let width: Int

    /// Lines of at most so many columns; a word that is longer is broken.
    package init(width: Int) {
        self.width = max(width, 1)
    }

    /// The lines of `text`; a line that is broken goes on as far in as it began.
    package func lines(of text: String) -> [String] {
        var lines: [String] = []
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            wrap(TextWrapper.printable(line), into: &lines)
        }
        return lines
    }

    private func wrap(_ line: String, into lines: inout [String]) {
        guard TextWrapper.columns(of: line) > width else { return lines.append(line) }
        let inset = String(line.prefix(while: { $0 == " " }).prefix(width / 2))
        var current = inset
        var used = inset.count
        var isEmpty = true
        for word in line.split(separator: " ") {
            let size = TextWrapper.columns(of: word)
            if !isEmpty, used + 1 + size > width {
                lines.append(current)
                (current, used, isEmpty) = (inset, inset.count, true)
            }
            if !isEmpty {
                current += " "
                used += 1
            }
            for character in word {
                let columns = TextWrapper.columns(of: character)
                if used + columns > width, used > inset.count {
                    lines.append(current)
                    (current, used) = (inset, inset.count)
                }
                current.append(character)
                used += columns
            }
            isEmpty = false
        }
        lines.append(isEmpty ? "" : current)
    }

    /// The text with every character that a terminal would obey, or that turns the direction of
    /// others around, made visible.
    static func printable(_ text: some StringProtocol) -> String {
        var output = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x09:
                output.append(contentsOf: repeatElement(" ", count: tabWidth))
            case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
                output.append("\u{FFFD}")
            default:
                output.append(scalar)
            }
        }
        return String(output)
    }

    private static func columns(of text: some StringProtocol) -> Int {
        text.reduce(0) { $0 + columns(of: $1) }
    }

    /// How many columns a character takes: two for East Asian wide ones and pictures.
    private static func columns(of character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        switch scalar.value {
        case ..<0x300: return 1
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default:
            let category = scalar.properties.generalCategory
            return category == .nonspacingMark || category == .enclosingMark ? 0 : 1
        }
    }
}
