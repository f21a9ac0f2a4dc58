import Foundation
import Journal
import Testing

@Suite("JSON: agreement with Foundation")
struct JSONScannerFoundationTests {
    @Test(
        "changed documents are accepted or refused as by Foundation",
        arguments: 0..<50 as Range<UInt64>)
    func agreement(seed: UInt64) {
        let texts = disagreements(seed: seed) { (try? JSONScanner.data(in: $0)) != nil }
        #expect(texts == [])
    }

    @Test(
        "an envelope and an array accept the same values as data does",
        arguments: 0..<10 as Range<UInt64>)
    func entryPoints(seed: UInt64) {
        let envelopes = disagreements(seed: seed) {
            let text = Array("{\"data\":".utf8) + $0 + Array("}".utf8)
            guard let envelope = try? JSONScanner.envelope(in: text) else { return false }
            return envelope.dataIsObject && envelope.data == trimmed(8..<8 + $0.count, in: text)
        }
        #expect(envelopes == [])
        let arrays = disagreements(seed: seed) {
            let text = Array("[null,".utf8) + $0 + Array("]".utf8)
            guard let elements = try? JSONScanner.elements(in: text) else { return false }
            let element = trimmed(6..<6 + $0.count, in: text)
            return elements == [1..<5, element] && text[element.lowerBound] == UInt8(ascii: "{")
        }
        #expect(arrays == [])
    }

    @Test("a scanner that is too lax or too strict is found out")
    func plantedViolations() {
        let scanners: [([UInt8]) -> Bool] = [
            { _ in true },
            { _ in false },
            { (try? JSONScanner.data(in: $0.filter { $0 < 0x80 })) != nil },
            { (try? JSONScanner.data(in: $0)) != nil || $0.suffix(2) == [0x2C, 0x7D] },
            {
                (try? JSONScanner.data(in: $0 + [0x7D])) != nil
                    || (try? JSONScanner.data(in: $0)) != nil
            },
            { (try? JSONScanner.data(in: $0)) != nil && !$0.contains(0xF0) },
        ]
        for scanner in scanners {
            let seeds = 0..<40 as Range<UInt64>
            #expect(seeds.contains { !disagreements(seed: $0, accepts: scanner).isEmpty })
        }
    }

    /// The texts, of 200 changed documents, on which `accepts` and Foundation disagree.
    private func disagreements(seed: UInt64, accepts: ([UInt8]) -> Bool) -> [String] {
        var documents = JSONDocuments(seed: seed)
        var found: [String] = []
        for _ in 0..<20 {
            let document = Array(documents.object(depthMax: 3).utf8)
            for _ in 0..<10 {
                let text = documents.mutated(document)
                guard accepts(text) != isAcceptedByFoundation(text) else { continue }
                found.append(String(decoding: text, as: UTF8.self).debugDescription)
            }
        }
        return found
    }

    /// Whether Foundation reads an object from `text`, corrected where it does not follow RFC 8259.
    private func isAcceptedByFoundation(_ text: [UInt8]) -> Bool {
        // Foundation skips a byte order mark and guesses UTF-16 and UTF-32 from zeros; no text of
        // ours may begin with either, since the grammar has them only in strings.
        if text.starts(with: [0xEF, 0xBB, 0xBF]) || text.prefix(4).contains(0) { return false }
        // It also takes a comma before a closing bracket, which the grammar has not.
        if hasTrailingComma(text) { return false }
        // It refuses an escaped surrogate without its partner, and a number beyond Double's range;
        // the grammar allows both.
        let text = shorteningExponents(in: replacingLoneSurrogates(in: text))
        return (try? JSONSerialization.jsonObject(with: Data(text))) is [String: Any]
    }

    /// Which bytes of `text` stand outside strings, if `text` is valid.
    private func isOutsideStrings(_ text: [UInt8]) -> [Bool] {
        var isOutside = true
        var isEscape = false
        return text.map { byte in
            if !isOutside, !isEscape, byte == UInt8(ascii: "\\") {
                isEscape = true
                return false
            }
            defer { isEscape = false }
            guard byte == UInt8(ascii: "\""), !isEscape else { return isOutside }
            isOutside.toggle()
            return false
        }
    }

    private func hasTrailingComma(_ text: [UInt8]) -> Bool {
        let visible = zip(text, isOutsideStrings(text)).filter { byte, isOutside in
            !isOutside || ![0x20, 0x09, 0x0A, 0x0D].contains(byte)
        }
        return zip(visible, visible.dropFirst()).contains { byte, next in
            byte.1 && byte.0 == UInt8(ascii: ",") && next.1
                && (next.0 == UInt8(ascii: "]") || next.0 == UInt8(ascii: "}"))
        }
    }

    /// `text` without the digits of an exponent that follow its second one.
    private func shorteningExponents(in text: [UInt8]) -> [UInt8] {
        var digits: Int?
        var short: [UInt8] = []
        for (byte, isOutside) in zip(text, isOutsideStrings(text)) {
            switch byte {
            case _ where !isOutside: digits = nil
            case UInt8(ascii: "e"), UInt8(ascii: "E"): digits = 0
            case UInt8(ascii: "+"), UInt8(ascii: "-"): if digits != 0 { digits = nil }
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digits = digits.map { $0 + 1 }
            default: digits = nil
            }
            if digits ?? 0 <= 2 { short.append(byte) }
        }
        return short
    }

    /// `text` with U+FFFD for each escape that is a surrogate without its partner.
    private func replacingLoneSurrogates(in text: [UInt8]) -> [UInt8] {
        var text = text
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            switch codeUnit(at: index, in: text) {
            case .some(0xD800...0xDBFF):
                if case .some(0xDC00...0xDFFF) = codeUnit(at: index + 6, in: text) {
                    index += 12
                    continue
                }
                text.replaceSubrange(index..<index + 6, with: Array("\\uFFFD".utf8))
                index += 6
            case .some(0xDC00...0xDFFF):
                text.replaceSubrange(index..<index + 6, with: Array("\\uFFFD".utf8))
                index += 6
            case .some: index += 6
            case nil: index += 2
            }
        }
        return text
    }

    private func codeUnit(at index: Int, in text: [UInt8]) -> UInt16? {
        guard index + 6 <= text.count, text[index] == UInt8(ascii: "\\"),
            text[index + 1] == UInt8(ascii: "u"),
            text[index + 2..<index + 6].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
        else { return nil }
        return UInt16(String(decoding: text[index + 2..<index + 6], as: UTF8.self), radix: 16)
    }

    private func trimmed(_ range: Range<Int>, in text: [UInt8]) -> Range<Int> {
        let isSpace = { (index: Int) in [0x20, 0x09, 0x0A, 0x0D].contains(text[index]) }
        guard let first = range.first(where: { !isSpace($0) }),
            let last = range.last(where: { !isSpace($0) })
        else { return range.upperBound..<range.upperBound }
        return first..<last + 1
    }
}
