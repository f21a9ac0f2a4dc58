import Foundation
import Testing

@Suite("Architecture")
struct ArchitectureTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The package's Swift files.
    private static func files() throws -> [SourceFile] {
        var files = [SourceFile(path: "Package.swift", text: try text("Package.swift"))]
        for folder in ["Sources", "Tests"] {
            let base = root.appending(path: folder).path
            for name in try FileManager.default.subpathsOfDirectory(atPath: base).sorted()
            where name.hasSuffix(".swift") {
                let path = "\(folder)/\(name)"
                files.append(SourceFile(path: path, text: try text(path)))
            }
        }
        return files
    }

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    @Test("the sources keep to the rules")
    func keepsToTheRules() throws {
        let files = try ArchitectureTests.files()
        let checker = ArchitectureChecker(manifest: try ArchitectureTests.text("Package.swift"))
        for violation in checker.violations(in: files) { Issue.record("\(violation)") }
        // The rules are about files that were found.
        for target in ["Journal", "Replay", "StreamServer", "tapedeck", "ArchitectureTests"] {
            #expect(files.contains { $0.target == target })
        }
    }

    @Test("the manifest says what each target may import")
    func readsTheManifest() throws {
        let manifest = Manifest(try ArchitectureTests.text("Package.swift"))
        let journal = try #require(manifest.dependencies["Journal"])
        #expect(journal.isSuperset(of: ["CLZ4", "CChecksum", "CPlatform", "DequeModule", "GRDB"]))
        #expect(!journal.contains("swift-collections"))
        #expect(manifest.dependencies["Replay"] == ["Journal"])
        #expect(manifest.dependencies["StreamServer"]?.contains("NIOCore") == true)
        #expect(manifest.dependencies["CLZ4"] == [])
        #expect(manifest.dependencies["tapedeck"]?.contains("StreamServer") == true)
    }

    // MARK: Planted violations

    private static let manifest = """
        let package = Package(
            name: "planted",
            targets: [
                .systemLibrary(name: "CLZ4"),
                .target(
                    name: "Journal",
                    dependencies: [
                        "CLZ4", .product(name: "NIOCore", package: "swift-nio"),
                        .product(name: "Logging", package: "swift-log"),
                    ]
                ),
                .target(name: "Replay", dependencies: ["Journal", "Hummingbird", "StreamServer"]),
                .target(name: "StreamServer", dependencies: [.target(name: "Replay"), "Journal"]),
                .executableTarget(name: "tapedeck", dependencies: ["StreamServer", "Journal"]),
                .testTarget(name: "JournalTests", dependencies: ["Journal"]),
            ]
        )
        """

    private func violations(_ path: String, _ text: String) -> [String] {
        ArchitectureChecker(manifest: ArchitectureTests.manifest)
            .violations(in: [SourceFile(path: path, text: text)])
            .map { "\($0.rule) \($0.line)" }
    }

    @Test("what keeps to the rules passes")
    func passes() {
        let journal = [
            "import CLZ4", "package import Foundation", "import struct Synchronization.Mutex", "",
            "// import Hummingbird is only talked about, as are fatalErrors, TODOS and alias!",
            "let text = \"import NIOCore\"",
        ].joined(separator: "\n")
        #expect(violations("Sources/Journal/A/B.swift", journal) == [])
        #expect(violations("Sources/Replay/B.swift", "@testable import Journal\n") == [])
        #expect(violations("Sources/StreamServer/B.swift", "public import Replay\n") == [])
        #expect(violations("Sources/tapedeck/B.swift", "import StreamServer\n") == [])
        #expect(violations("Tests/JournalTests/B.swift", "import Journal\nimport Testing\n") == [])
        let longest = String(repeating: "\n", count: ArchitectureChecker.linesMax)
        #expect(violations("Sources/Journal/B.swift", longest) == [])
    }

    @Test(
        "an import that points back is found",
        arguments: [
            ("Replay", "StreamServer", ["direction 2"]),
            ("Replay", "Replay", ["direction 2", "undeclared 2"]),
            ("Journal", "Replay", ["direction 2", "undeclared 2"]),
            ("Journal", "tapedeck", ["direction 2", "undeclared 2"]),
            ("StreamServer", "tapedeck", ["direction 2", "undeclared 2"]),
            ("CLZ4", "Journal", ["direction 2", "undeclared 2"]),
        ])
    func direction(target: String, module: String, found: [String]) {
        #expect(violations("Sources/\(target)/A.swift", "\nimport \(module)\n") == found)
    }

    @Test(
        "an import of what a target is to know nothing of is found",
        arguments: [
            ("Journal", "NIOCore", ["ignorance 1"]),
            ("Journal", "Logging", ["ignorance 1"]),
            ("Journal", "HTTPTypes", ["ignorance 1", "undeclared 1"]),
            ("Journal", "HummingbirdCore", ["ignorance 1", "undeclared 1"]),
            ("Journal", "CoreMetrics", ["ignorance 1", "undeclared 1"]),
            ("Replay", "Hummingbird", ["ignorance 1"]),
            ("Replay", "Metrics", ["ignorance 1", "undeclared 1"]),
            ("Replay", "NIOPosix", ["ignorance 1", "undeclared 1"]),
        ])
    func ignorance(target: String, module: String, found: [String]) {
        #expect(violations("Sources/\(target)/A.swift", "package import \(module)") == found)
    }

    @Test(
        "an import that is not declared is found, however it is written",
        arguments: [
            "import DequeModule", "@testable import DequeModule", "public import DequeModule",
            "@_exported public import DequeModule", "import struct DequeModule.Deque",
            "  import DequeModule // why",
        ])
    func undeclared(line: String) {
        #expect(violations("Sources/StreamServer/A.swift", line) == ["undeclared 1"])
        #expect(violations("Tests/JournalTests/A.swift", line) == ["undeclared 1"])
        #expect(violations("Sources/Nowhere/A.swift", line) == ["undeclared 1"])
    }

    @Test("a file that is too long is found")
    func length() {
        let long = String(repeating: "\n", count: ArchitectureChecker.linesMax + 1)
        let found = ["length \(ArchitectureChecker.linesMax + 1)"]
        #expect(violations("Sources/Journal/A.swift", long) == found)
        #expect(violations("Package.swift", long) == found)
        let unended = String(repeating: "\n", count: ArchitectureChecker.linesMax) + "end"
        #expect(violations("Sources/Journal/A.swift", unended) == found)
    }

    @Test(
        "what no file is to say is found",
        arguments: [
            "// TO" + "DO: later", "//FIX" + "ME", "fatal" + "Error(\"no\")",
            "let a = try" + "! b()", "let a = b as" + "! C", "f(try" + "!g())",
        ])
    func word(line: String) {
        #expect(violations("Sources/Journal/A.swift", "import CLZ4\n\(line)\n") == ["word 2"])
        #expect(violations("Tests/JournalTests/A.swift", line) == ["word 1"])
    }
}
