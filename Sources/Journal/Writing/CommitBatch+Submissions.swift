extension CommitBatch {
    /// Assigns offsets to all submissions but those that fail.
    static func assigning(_ submissions: [Submission], reader: LogReader, next: Offset)
        -> (CommitBatch, [Result<Assignment, JournalError>])
    {
        var failures: [Int: JournalError] = [:]
        let count = submissions.reduce(0) { $0 + $1.drafts.count }
        while true {
            var batch = CommitBatch(reader: reader, next: next, capacity: count)
            var outcomes: [Result<Assignment, JournalError>] = []
            for (place, submission) in submissions.enumerated() {
                if let failure = failures[place] {
                    outcomes.append(.failure(failure))
                    continue
                }
                do throws(JournalError) {
                    outcomes.append(.success(try batch.assign(submission)))
                } catch {
                    // It may have been assigned in part: begin again without it.
                    failures[place] = error
                    break
                }
            }
            if outcomes.count == submissions.count { return (batch, outcomes) }
        }
    }
}
