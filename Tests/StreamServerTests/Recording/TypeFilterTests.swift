import Testing

@testable import StreamServer

@Suite("Type filter")
struct TypeFilterTests {
    @Test(
        "a star stands for anything, and everything else for itself",
        arguments: [
            ("agent_chat_*", "agent_chat_message_sent", true),
            ("agent_chat_*", "agent_chat_", true),
            ("agent_chat_*", "agent_chat", false), ("agent_chat_*", "x_agent_chat_y", false),
            ("*", "", true), ("*", "anything", true), ("**", "anything", true),
            ("a", "a", true), ("a", "ab", false), ("a", "ba", false), ("", "", true),
            ("", "a", false),
            ("*_sent", "message_sent", true), ("*_sent", "message_sent_twice", false),
            ("*_sent", "_sent_sent", true), ("a*a", "a", false), ("a*a", "aa", true),
            ("a*b*c", "abc", true), ("a*b*c", "axxbyyc", true), ("a*b*c", "acb", false),
            ("a*bc*c", "abc", false), ("a*bc*c", "abcc", true), ("*ab*ab*", "aab", false),
            ("*ab*ab*", "xabyabz", true), ("A*", "a", false), ("a.c", "abc", false),
            ("*ü*", "grüße", true),
        ])
    func matches(pattern: String, type: String, isMatch: Bool) {
        #expect(TypeFilter(pattern).matches(type) == isMatch)
    }

    @Test("what one of several patterns describes is recorded; nothing is where there is none")
    func set() {
        let filter = TypeFilter(["agent_chat_*", "alert"])
        #expect(["agent_chat_x", "alert"].allSatisfy(filter.matches))
        #expect(!["alerts", "agent_chat", ""].contains(where: filter.matches))
        #expect(!TypeFilter([String]()).matches("alert"))
        #expect(TypeFilter(["", "x"]).matches(""))
    }

    @Test(
        "it agrees with a matcher that tries everything", arguments: 0..<300 as Range<UInt64>)
    func model(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func word(_ letters: [Character], _ most: Int) -> String {
            String(
                (0..<Int.random(in: 0...most, using: &generator)).map { _ in
                    letters[Int.random(in: 0..<letters.count, using: &generator)]
                })
        }
        for _ in 0..<20 {
            let (pattern, type) = (word(["a", "b", "*"], 6), word(["a", "b"], 8))
            let expected = TypeFilterTests.matches(pattern[...], type[...])
            #expect(TypeFilter(pattern).matches(type) == expected, "\(pattern) on \(type)")
        }
    }

    private static func matches(_ pattern: Substring, _ type: Substring) -> Bool {
        guard let first = pattern.first else { return type.isEmpty }
        if first == "*" {
            return (0...type.count).contains { matches(pattern.dropFirst(), type.dropFirst($0)) }
        }
        return type.first == first && matches(pattern.dropFirst(), type.dropFirst())
    }
}
