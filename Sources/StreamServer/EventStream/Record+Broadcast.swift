import Journal

extension Record {
    /// Whether the Event Stream tells of it: an event that came in now, of whatever run.
    ///
    /// Imports, and copies out of `unassigned` into a run, were told where and when they happened.
    /// The journal's own records are no events of the stream.
    var isBroadcast: Bool {
        eventTime == nil && origin == nil && !type.isReserved
    }
}
