extension VerificationReport {
    /// Checks one group of a sealed segment: `bytes` is what its file has at the place that the
    /// footer names.
    mutating func check(
        _ bytes: [UInt8], ofGroup place: Int, in sealed: LoadedSegment, path: String
    ) {
        let group = sealed.footer.index.groups[place]
        var invalid: Offset?
        let damage = GroupDecoder.decode(
            bytes, of: group, in: sealed.header, isWanted: { _, _ in true },
            yield: { record in
                if invalid == nil, (try? JSONScanner.data(in: record.data)) == nil {
                    invalid = record.offset
                }
            })
        let first = invalid ?? damage?.reached?.next ?? group.first
        guard damage != nil || invalid != nil, first <= group.last else { return }
        self.damage(
            path, "records cannot be read", at: damage?.position ?? group.position,
            offsets: first...group.last, runs: sealed.footer.index.runs(ofGroup: place))
    }
}
