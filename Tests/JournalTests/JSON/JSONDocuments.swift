/// Random JSON texts, each made from a seed.
struct JSONDocuments: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>).
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    /// One of `choices`.
    mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
        choices[Int.random(in: 0..<choices.count, using: &self)]
    }

    /// Nothing, or whitespace.
    mutating func whitespace() -> String {
        pick(["", "", "", " ", "\n", "\r\n", "\t", "  \r"])
    }

    /// A text of ASCII, other scripts and characters that JSON escapes.
    mutating func plainText() -> String {
        let parts = [
            "a", "b", "run", "0", " ", "\"", "\\", "/", "\n", "\r", "\t", "\u{0}", "\u{1F}",
            "\u{7F}",
            "é", "ü", "中", "\u{FFFD}", "\u{2028}", "😀", "𝄞", "\u{10FFFF}", "u0041", "long enough",
        ]
        return (0..<Int.random(in: 0...12, using: &self)).map { _ in pick(parts) }.joined()
    }

    /// `text` as a JSON string, where some characters that could stand as they are have escapes.
    mutating func encoded(_ text: String) -> String {
        var json = "\""
        for scalar in text.unicodeScalars {
            let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            if scalar == "\n", Bool.random(using: &self) {
                json += "\\n"
            } else if scalar == "/" && Bool.random(using: &self) {
                json += "\\/"
            } else if mustEscape || Int.random(in: 0..<6, using: &self) == 0 {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: Bool.random(using: &self))
                    json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            } else {
                json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }

    /// A value of any kind.
    mutating func value(depthMax: Int = 4) -> String {
        let numbers = ["0", "-0", "17", "-2.5", "1e3", "0.25E-2", "123456789012"]
        switch Int.random(in: 0..<(depthMax > 0 ? 8 : 5), using: &self) {
        case 0: return pick(["true", "false", "null"])
        case 1: return pick(numbers)
        case 2, 3, 4: return encoded(plainText())
        case 5: return list("[", "]") { $0.value(depthMax: depthMax - 1) }
        default: return object(depthMax: depthMax)
        }
    }

    /// An object, with whitespace in it.
    mutating func object(depthMax: Int = 4) -> String {
        list("{", "}") {
            let key = $0.encoded($0.plainText())
            return key + $0.whitespace() + ":" + $0.whitespace() + $0.value(depthMax: depthMax - 1)
        }
    }

    private mutating func list(
        _ opening: String, _ closing: String, element: (inout JSONDocuments) -> String
    ) -> String {
        var elements: [String] = []
        for _ in 0..<Int.random(in: 0...5, using: &self) {
            elements.append(whitespace() + element(&self) + whitespace())
        }
        return opening + (elements.isEmpty ? whitespace() : elements.joined(separator: ","))
            + closing
    }

    /// `text` after one to three changes of some bytes.
    mutating func mutated(_ text: [UInt8]) -> [UInt8] {
        let bytes =
            Array("{}[]\",:\\/u0019.eE+-tfn \n\r\t".utf8) + [
                0x00, 0x1F, 0x7F, 0x80, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xA0, 0xEF, 0xF0, 0xF4, 0xFF,
            ]
        let pieces = [
            "null", "NaN", "01", "1.", ".5", "-", "\\u12", "\\x", "//", ",]", ",}", "{}", "1e5",
        ]
        var text = text
        for _ in 0..<Int.random(in: 1...3, using: &self) {
            let place = Int.random(in: 0...text.count, using: &self)
            let length = Int.random(in: 1...3, using: &self)
            let part = place..<min(text.count, place + length)
            switch Int.random(in: 0..<6, using: &self) {
            case 0: text.removeSubrange(part)
            case 1: text.insert(pick(bytes), at: place)
            case 2: text.replaceSubrange(part, with: [pick(bytes)])
            case 3: text.insert(contentsOf: pick(pieces).utf8, at: place)
            case 4:
                text.insert(
                    contentsOf: text[part], at: Int.random(in: 0...text.count, using: &self))
            default: if place < text.count { text[place] = UInt8.random(in: 0...255, using: &self) }
            }
        }
        return text
    }
}
