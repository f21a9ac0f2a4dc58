package import Journal

extension Event {
    /// An event of `type` whose data is `json`, which must be an object.
    package init(_ type: String, json: String) throws(JournalError) {
        guard let type = EventType(type) else {
            throw JournalError(.invalidEvent, "no such type: \(type)")
        }
        try self.init(type: type, data: Array(json.utf8))
    }

    /// A message, with those of the fields that are given.
    package static func message(
        run: String? = nil, thread: String? = nil, id: String? = nil, content: String = "hello"
    ) throws(JournalError) -> Event {
        var fields = [#""from_agent":"planner","to_agent":"coder""#]
        if let run { fields.append(#""run_id":"\#(run)""#) }
        if let thread { fields.append(#""thread_id":"\#(thread)""#) }
        if let id { fields.append(#""message_id":"\#(id)""#) }
        fields.append(#""content":"\#(content)""#)
        return try Event(
            "agent_chat_message_sent", json: "{" + fields.joined(separator: ",") + "}")
    }

    /// The creation of a thread of `run`.
    package static func thread(_ thread: String, run: String) throws(JournalError) -> Event {
        try Event(
            "agent_chat_thread_created",
            json: #"{"run_id":"\#(run)","thread_id":"\#(thread)","metadata":{"title":"A run"}}"#)
    }

    /// About 360 bytes of a language model's token, as a streaming agent sends them.
    package static func token(_ number: Int, run: String) throws(JournalError) -> Event {
        try Event(
            "agent_chat_token",
            json: #"{"run_id":"\#(run)","thread_id":"3f2b9c1e-5a47-4e0b-9a55-\#(run)","#
                + #""message_id":"msg-\#(number / 40)-of-\#(run)-9a55c0de","from_agent":"planner","#
                + #""to_agent":"coder","message_type":"token_delta","index":\#(number),"#
                + #""content":" word\#(number &* 2_654_435_761 % 9973)","model":"large-3","#
                + #""metadata":{"urgency":"normal","finish_reason":null},"#
                + #""timestamp":"2026-11-23T14:53:\#(10 + number % 50).\#(100_000 + number % 900_000)Z"}"#
        )
    }
}
