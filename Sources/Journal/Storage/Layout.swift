/// The names in a journal's directory.
struct Layout: Sendable {
    let directory: String

    var manifest: String { directory + "/MANIFEST" }
    var manifestDraft: String { directory + "/MANIFEST.new" }
    var lock: String { directory + "/LOCK" }
    var mark: String { directory + "/durable" }
    var catalog: String { directory + "/catalog.sqlite" }
    var segments: String { directory + "/segments" }
    var upstreams: String { directory + "/upstreams" }
    var quarantine: String { directory + "/quarantine" }

    private static let segmentSuffix = ".tape"
    private static let digits = 20

    /// The file of the segment whose lowest possible offset is `base`: 20 digits, so that names
    /// sort as offsets do.
    func segment(_ base: Offset) -> String {
        let number = String(base.rawValue)
        let zeros = String(repeating: "0", count: Layout.digits - number.count)
        return "\(segments)/\(zeros)\(number)\(Layout.segmentSuffix)"
    }

    /// A segment that is made in place of another, until it takes its name.
    var segmentDraft: String { segments + "/draft" }

    /// The bases of the segments in the directory, ascending.
    func segmentBases(_ files: any FileSystem) throws(JournalError) -> [Offset] {
        try files.names(in: segments).compactMap(Layout.base(ofSegmentNamed:)).sorted()
    }

    /// The base of the segment in the file called `name`; nil for other files.
    static func base(ofSegmentNamed name: String) -> Offset? {
        guard name.hasSuffix(segmentSuffix), name.utf8.count == digits + segmentSuffix.utf8.count
        else { return nil }
        return UInt64(name.dropLast(segmentSuffix.count)).map(Offset.init)
    }
}
