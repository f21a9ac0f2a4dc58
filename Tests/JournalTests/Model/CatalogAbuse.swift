import Foundation
@testable import Journal
import TestSupport

/// What can happen to a catalog between two starts, and what must hold after each.
struct CatalogAbuse {
    private let url: URL
    private let layout: Layout
    private var older: Data?

    init(_ directory: String) {
        layout = Layout(directory: directory)
        url = URL(fileURLWithPath: layout.catalog)
    }

    /// The catalog's bytes; nil for none.
    var bytes: Data? {
        get { try? Data(contentsOf: url) }
        nonmutating set {
            try? FileManager.default.removeItem(at: url)
            try? newValue?.write(to: url)
        }
    }

    /// Removes the catalog, changes or cuts it, or puts an older one in its place; or does nothing.
    mutating func strike(_ generator: inout SplitMix64) throws {
        guard let bytes, !bytes.isEmpty else { return }
        switch generator.below(8) {
        case 0:
            try FileManager.default.removeItem(at: url)
        case 1:
            try bytes.prefix(generator.below(bytes.count)).write(to: url)
        case 2:
            var changed = bytes
            for _ in 0..<1 + generator.below(4) {
                changed[generator.below(changed.count)] ^= UInt8(1 + generator.below(255))
            }
            try changed.write(to: url)
        case 3:
            if let older { try older.write(to: url) }
        default:
            break
        }
        if generator.oneIn(3) { older = bytes }
    }

    /// What a start knows is what the segments' footers say, and so is what it wrote.
    func check(_ journal: Journal, _ files: any FileSystem) throws {
        var expected = Directory()
        let bases = try layout.segmentBases(files)
        for base in bases {
            let loaded = try LoadedSegment.read(path: layout.segment(base), files: files)
            expected.merge(loaded.footer.index.directory())
        }
        let known = journal.reader.state.withLock { $0.directory }
        guard known == expected else {
            let wrong = known.runs.filter { $0.value != expected.runs[$0.key] }
            throw ModelSequence.Failure(
                description: "the catalog gives a wrong answer, of the runs \(wrong.keys)")
        }
        let manifest = try Manifest.read(
            files.open(layout.manifest, for: .reading).read(1 << 20, at: .zero),
            path: layout.manifest
        ).0
        guard let stored = Catalog.openForReading(layout.catalog).load(manifest, segments: bases)
        else {
            throw ModelSequence.Failure(description: "the catalog is not there after a start")
        }
        guard stored.count == bases.count, stored.directory == expected else {
            throw ModelSequence.Failure(description: "the catalog is wrong after a start")
        }
    }
}
