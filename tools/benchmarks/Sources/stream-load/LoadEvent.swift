/// The event that is published: 300 bytes of JSON that carry its number and when it was due.
///
/// The number and the time follow a byte that occurs nowhere else in a stream, so that a receiver
/// finds them without reading the rest.
enum LoadEvent {
    static let type = "agent_chat_message_delta"
    static let bytes = 300
    /// Begins the stamp: number, a space, time.
    static let mark = UInt8(ascii: "#")
    static let numberDigits = 12
    static let timeDigits = 16
    static let stampBytes = 1 + numberDigits + 1 + timeDigits

    private static let words = """
        the index on orders is missing, so each checkout reads the whole table; p99 went \
        from 180 ms to 2.4 s at 09:14 when the nightly job dropped it, and the deploy of \
        09:20 had no part in it
        """

    /// The event's data, and where its two numbers and its time go.
    struct Template {
        var bytes: [UInt8]
        var idPlace: Int
        var numberPlace: Int
        var timePlace: Int

        init(run: String) {
            let zeros = String(repeating: "0", count: LoadEvent.numberDigits)
            var text = #"{"run_id":""# + run + #"","message_id":"m-"#
            idPlace = text.utf8.count
            text += zeros + #"","from_agent":"Architect","to_agent":"Operator","#
            text += #""created_at":"2026-11-24T09:31:07Z","content":"#
            text += "\"#"
            numberPlace = text.utf8.count
            text += zeros + " "
            timePlace = text.utf8.count
            text += String(repeating: "0", count: LoadEvent.timeDigits) + " "
            let room = LoadEvent.bytes - text.utf8.count - 2
            bytes = Array(text.utf8) + LoadEvent.words.utf8.prefix(room) + Array("\"}".utf8)
        }

        /// Appends the event of that number.
        func append(_ number: Int, due: UInt64, to out: inout [UInt8]) {
            let start = out.count
            out += bytes
            LoadEvent.write(number, digits: LoadEvent.numberDigits, at: start + idPlace, in: &out)
            LoadEvent.write(
                number, digits: LoadEvent.numberDigits, at: start + numberPlace, in: &out)
            LoadEvent.write(
                Int(due), digits: LoadEvent.timeDigits, at: start + timePlace, in: &out)
        }
    }

    private static func write(_ value: Int, digits: Int, at place: Int, in out: inout [UInt8]) {
        var rest = value
        for index in stride(from: place + digits - 1, through: place, by: -1) {
            out[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }
}
