import Foundation
import Journal

/// What the command line asks for, and where journals are made.
struct Settings {
    /// A folder on the disk that is measured.
    var directory: String
    var isQuick = false
    /// The options as they were given, for a process of one's own.
    var arguments: [String] = []
    /// The whole messages of recorded runs, as lines of NDJSON.
    var messages: [[UInt8]]
    /// What the tokens say.
    var text: [UInt8]
    /// How often something is measured whose median counts.
    var rounds: Int { isQuick ? 1 : 3 }
    var threads: Int { ProcessInfo.processInfo.activeProcessorCount }

    func path(_ name: String) -> String { directory + "/" + name }

    /// A new journal of that name, in place of the old one.
    func open(_ name: String, files: NotingFileSystem, segmentBytesMax: Int = 64 << 20) throws
        -> Journal
    {
        try remove(name)
        return try reopen(name, files: files, segmentBytesMax: segmentBytesMax)
    }

    /// The journal of that name.
    func reopen(_ name: String, files: NotingFileSystem, segmentBytesMax: Int = 64 << 20) throws
        -> Journal
    {
        let machine = Environment.system()
        return try Journal(
            path(name),
            options: Journal.Options(segmentBytesMax: segmentBytesMax),
            environment: Environment(
                fileSystem: files, now: machine.now, random: machine.random, keepsCatalog: true))
    }

    func remove(_ name: String) throws {
        if FileManager.default.fileExists(atPath: path(name)) {
            try FileManager.default.removeItem(atPath: path(name))
        }
    }

    /// Bytes of all files of a journal.
    func bytes(_ name: String) throws -> Int {
        try FileManager.default.subpathsOfDirectory(atPath: path(name)).reduce(0) { sum, file in
            let attributes = try FileManager.default.attributesOfItem(
                atPath: path(name) + "/" + file)
            let isFile = attributes[.type] as? FileAttributeType == .typeRegular
            return sum + (isFile ? attributes[.size] as? Int ?? 0 : 0)
        }
    }

    /// What the segments of a journal hold, one after another, up to `max` bytes.
    func segmentBytes(_ name: String, max: Int) throws -> [UInt8] {
        let folder = path(name) + "/segments/"
        var bytes: [UInt8] = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        where bytes.count < max {
            bytes += try Data(contentsOf: URL(fileURLWithPath: folder + file))
        }
        return bytes
    }
}
