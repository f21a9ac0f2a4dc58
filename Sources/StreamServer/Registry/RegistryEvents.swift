import Journal

/// Makes events of what a registry holds, in the shapes in which upstreams send them.
enum RegistryEvents {
    /// The key of records that were made here: by it they are known when an upstream tells the
    /// same in other words.
    static let key: UInt64 = 0x7265_6769_7374_7279

    /// A message, in its run or, where that is not known, in its thread's.
    ///
    /// - Throws: ``JournalError`` when its metadata cannot stand in an event, or it is too large.
    static func sent(_ message: RegistryMessage, run: RunID?) throws(JournalError) -> Draft {
        var object = JSONObject()
        if let run { object.add("run_id", run.name) }
        object.add("thread_id", message.thread)
        object.add("message_id", message.id)
        object.add("from_agent", message.from)
        object.add("to_agent", message.to)
        object.add("message_type", message.kind)
        object.add("content", message.content)
        object.add("created_at", message.createdAt.text)
        object.add("metadata", json: message.metadata.object)
        return try draft(.messageSent, object, run, message.createdAt)
    }

    /// The creation of a thread.
    ///
    /// - Throws: as ``sent(_:run:)``.
    static func created(_ thread: RegistryThread) throws(JournalError) -> Draft {
        var object = JSONObject()
        object.add("thread_id", thread.id)
        object.add("run_id", thread.run.name)
        object.add("parent_agent", thread.parent)
        object.add("child_agent", thread.child)
        object.add("metadata", json: thread.metadata.object)
        object.add("timestamp", thread.createdAt.text)
        return try draft(.threadCreated, object, thread.run, thread.createdAt)
    }

    /// The end of a thread, which has ended.
    ///
    /// - Throws: as ``sent(_:run:)``.
    static func closed(_ thread: RegistryThread) throws(JournalError) -> Draft {
        var object = JSONObject()
        object.add("thread_id", thread.id)
        object.add("status", thread.status)
        object.add("result", thread.result)
        object.add("error", thread.error)
        object.add("timestamp", thread.endedAt.text)
        return try draft(.threadClosed, object, thread.run, thread.endedAt)
    }

    /// The whole content of a message of `run` that is recorded cut; `time` is when the last event
    /// of the run happened, so that a replay does not pause for it.
    ///
    /// - Throws: ``JournalError`` when it is too large.
    static func amend(_ messageID: String, _ content: String, in run: RunID, at time: Timestamp?)
        throws(JournalError) -> Draft
    {
        var object = JSONObject()
        object.add("message_id", messageID)
        object.add("content", content)
        let event = try event(.journalAmend, object.json)
        return Draft(event, run: run, eventTime: time, key: key)
    }

    /// A message with this content in place of its own; nothing else of its data changes.
    ///
    /// - Throws: ``JournalError`` when it becomes too large.
    static func whole(_ event: Event, content: String) throws(JournalError) -> Event {
        guard let old = event.fields.content else { return event }
        var new: [UInt8] = []
        JSONWriter.append(content, to: &new)
        let bytes =
            event.data[..<old.range.lowerBound] + new.dropFirst().dropLast()
            + event.data[old.range.upperBound...]
        return try self.event(event.type, Array(bytes))
    }

    private static func draft(
        _ type: EventType, _ object: JSONObject, _ run: RunID?, _ time: RegistryTime
    ) throws(JournalError) -> Draft {
        Draft(try event(type, object.json), run: run, eventTime: time.moment, key: key)
    }

    private static func event(_ type: EventType, _ data: [UInt8]) throws(JournalError) -> Event {
        guard data.count <= Journal.eventBytesMax else {
            throw JournalError(
                .tooLarge,
                "an event's data may have \(Journal.eventBytesMax) bytes, not \(data.count)")
        }
        return try Event(type: type, data: data)
    }
}
