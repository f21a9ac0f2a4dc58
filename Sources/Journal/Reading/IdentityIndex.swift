/// What duplicates of a segment's records are found by: their identities, and the groups that
/// those name.
struct IdentityIndex: Sendable {
    let header: SegmentHeader
    private let groups: [GroupEntry]
    private let identities: SealedIdentities

    /// The identities of records in the groups of `loaded`.
    init(_ loaded: LoadedSegment, _ identities: SealedIdentities) {
        header = loaded.header
        groups = loaded.footer.index.groups
        self.identities = identities
    }

    /// About how many bytes of memory it takes.
    var weight: Int { identities.weight + MemoryLayout<GroupEntry>.stride * groups.count }

    /// The groups that may hold a record with this identity hash.
    func groups(with hash: UInt64) -> [GroupEntry] {
        identities.groups(with: hash).map { groups[$0] }
    }
}
