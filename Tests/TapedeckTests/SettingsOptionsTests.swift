import ArgumentParser
import Journal
import StreamServer
import Testing

@testable import tapedeck

@Suite("Options of serve and record")
struct SettingsOptionsTests {
    /// The command line that says something of every setting.
    private static let all = [
        "--journal", "/j", "--host", "::1", "--port", "0", "--upstream", "http://a:1", "--upstream",
        "http://b:2", "--filter", "a*", "--filter", "b", "--registry", "/r.db", "--durability",
        "os", "--retention-age", "30d", "--retention-size", "10GB", "--allow-host", "x.example",
        "--allow-origin", "https://app.example",
        "--insecure", "--connections-max", "9",
        "--connections-per-address-max", "3", "--header-timeout-seconds", "5",
        "--scrub-bytes-per-second", "0", "--scrub-interval-seconds", "60",
        "--low-space-bytes", "1",
    ]

    private func layer(_ arguments: [String]) throws -> SettingsLayer {
        let command = try ServeCommand.parse(arguments)
        return try command.recording.layer(command.add)
    }

    @Test("every setting has an option of serve, but for tokens, which stand in a file")
    func all() throws {
        let layer = try layer(SettingsOptionsTests.all)
        let members = Mirror(reflecting: layer).children
        #expect(members.count == SettingsKey.allCases.count)
        for member in members where member.label != "tokens" {
            #expect("\(member.value)" != "nil", "\(member.label ?? "")")
        }
        #expect(layer.tokens == nil)
        for key in SettingsKey.allCases where key != .tokens {
            #expect(SettingsOptionsTests.all.contains(key.option))
        }
        #expect(layer.upstreams?.map(\.url) == ["http://a:1", "http://b:2"])
        #expect(layer.filters == ["a*", "b"])
        #expect(layer.durability == .os)
    }

    @Test("what is not said is nothing, so that a file can say it")
    func none() throws {
        #expect(try layer([]) == SettingsLayer())
        #expect(try layer(["--upstream", "none"]).upstreams == [])
    }

    @Test(
        "what cannot be used is refused under its option's name",
        arguments: [
            (["--port", "65536"], "--port must be"), (["--host", ""], "--host must be"),
            (["--filter", ""], "--filter must be"), (["--registry", ""], "--registry must be"),
            (["--upstream", "x"], "--upstream: The upstream"),
            (["--allow-host", ""], "--allow-host must be"),
            (["--allow-origin", "*"], "--allow-origin must be a list of at most 256 origins"),
            (["--allow-origin", "https://a.example/"], "--allow-origin must be"),
            (["--retention-age", "30"], "--retention-age must be a number with"),
            (["--retention-size", "x"], "--retention-size must be a number of bytes"),
            (["--connections-max", "0"], "--connections-max must be a whole number from 1 to"),
            (["--connections-per-address-max=-1"], "--connections-per-address-max must be"),
            (["--header-timeout-seconds", "0"], "--header-timeout-seconds must be"),
            (["--scrub-bytes-per-second=-1"], "--scrub-bytes-per-second must be"),
            (["--scrub-interval-seconds", "0"], "--scrub-interval-seconds must be"),
            (["--low-space-bytes=-1"], "--low-space-bytes must be"),
            (["--upstream", "none", "--upstream", "http://h"], "--upstream none stands alone"),
            (
                ["--upstream", "http://h", "--upstream", "http://h"],
                "--upstream: The upstream http"
            ),
        ])
    func refuses(arguments: [String], told: String) {
        let error = #expect(throws: ValidationError.self) { try layer(arguments) }
        #expect(error?.message.hasPrefix(told) == true, "\(String(describing: error))")
    }

    @Test("record takes - or upstreams, and nothing else")
    func record() throws {
        #expect(try RecordCommand.parse(["-"]).source == "-")
        #expect(try RecordCommand.parse(["--upstream", "http://h"]).source == nil)
        for bad in [["x"], ["-", "--upstream", "http://h"], ["-", "--filter", "a"], ["-", "-"]] {
            #expect(throws: (any Error).self) { try RecordCommand.parse(bad) }
        }
    }
}
