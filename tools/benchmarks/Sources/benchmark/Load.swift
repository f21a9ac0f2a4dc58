import Foundation
import Journal

/// Events to record: the bodies of requests, each some lines of NDJSON.
struct Load: Sendable {
    var name: String
    var bodies: [[UInt8]] = []
    var events = 0
    /// Bytes of the events' data alone.
    var dataBytes = 0

    /// Token events of a stream, `perBody` in each body.
    static func tokens(
        _ events: Int, perBody: Int, from stream: inout TokenStream, name: String = "tokens"
    ) -> Load {
        var load = Load(name: name)
        load.bodies.reserveCapacity(events / perBody + 1)
        while load.events < events {
            var body: [UInt8] = []
            body.reserveCapacity(450 * perBody)
            for _ in 0..<min(perBody, events - load.events) {
                load.dataBytes += stream.appendNext(to: &body)
                load.events += 1
            }
            load.bodies.append(body)
        }
        return load
    }

    /// The whole messages of recorded runs, in the order of the files' names and of their lines.
    static func messages(_ lines: [[UInt8]], perBody: Int) throws -> Load {
        var load = Load(name: "messages")
        for start in stride(from: 0, to: lines.count, by: perBody) {
            let part = lines[start..<min(start + perBody, lines.count)]
            var body: [UInt8] = []
            for line in part {
                load.dataBytes += try JSONScanner.envelope(in: line).data?.count ?? 0
                load.events += 1
                body += line
                body.append(UInt8(ascii: "\n"))
            }
            load.bodies.append(body)
        }
        return load
    }

    /// The lines of all NDJSON files in a folder, or of one file.
    static func lines(at path: String) throws -> [[UInt8]] {
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw BenchmarkError("there is nothing at \(path)")
        }
        let names =
            isFolder.boolValue
            ? try FileManager.default.contentsOfDirectory(atPath: path).sorted()
                .filter { $0.hasSuffix(".ndjson") }.map { path + "/" + $0 }
            : [path]
        return try names.flatMap { name in
            try Data(contentsOf: URL(fileURLWithPath: name)).split(separator: UInt8(ascii: "\n"))
                .map { Array($0) }
        }
    }
}

/// Why nothing could be measured.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension Load {
    /// Writes the bodies to a file, for those that measure something else with the same events.
    func write(to path: String) throws {
        try Data(bodies.joined()).write(to: URL(fileURLWithPath: path))
    }
}
