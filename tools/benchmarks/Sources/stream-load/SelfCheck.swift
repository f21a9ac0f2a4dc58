/// Whether a client sees what it must: events that are lost or come twice are planted, in bytes
/// that are cut in two at each place.
enum SelfCheck {
    static func run() throws(LoadError) {
        try expect([0, 1, 2, 3], delivered: 4, lost: 0, duplicated: 0)
        try expect([0, 1, 3], delivered: 3, lost: 1, duplicated: 0)
        try expect([0, 1, 1, 2], delivered: 3, lost: 0, duplicated: 1)
        try expect([2, 0], delivered: 1, lost: 2, duplicated: 1)
        Results.tell("a lost and a repeated event are seen, wherever the bytes are cut")
    }

    private static func expect(_ numbers: [Int], delivered: Int, lost: Int, duplicated: Int)
        throws(LoadError)
    {
        let bytes = answer(numbers)
        for cut in 0...bytes.count {
            let tally = Tally()
            tally.latencies = Latencies()
            let client = StreamClient(number: 0, readsFrames: true)
            client.expectHead()
            try take(Array(bytes[..<cut]), client, tally)
            try take(Array(bytes[cut...]), client, tally)
            guard tally.delivered == delivered, tally.lost == lost,
                tally.duplicated == duplicated, client.frames?.events == numbers.count,
                client.frames?.lastID == "epoch-\(numbers.last ?? 0)",
                client.isLive, tally.latencies?.percentile(50) == 1.011712
            else {
                throw LoadError(
                    "of \(numbers) cut at \(cut), \(tally.delivered) are seen, \(tally.lost) lost, "
                        + "\(tally.duplicated) twice")
            }
        }
    }

    private static func take(_ bytes: [UInt8], _ client: StreamClient, _ tally: Tally)
        throws(LoadError)
    {
        guard !bytes.isEmpty else { return }
        let result = unsafe bytes.withUnsafeBytes { all -> Result<Void, LoadError> in
            Result { () throws(LoadError) in
                try unsafe client.take(all, now: 2_010_000, tally)
            }
        }
        try result.get()
    }

    private static func answer(_ numbers: [Int]) -> [UInt8] {
        let template = LoadEvent.Template(run: "load")
        var bytes = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        for (place, number) in numbers.enumerated() {
            var frame = Array("id: epoch-\(number)\nevent: \(LoadEvent.type)\ndata: ".utf8)
            template.append(number, due: 1_000_000, to: &frame)
            frame += "\n\n".utf8
            if place == 0 { frame += "event: stream_live\ndata: {}\n\n".utf8 }
            bytes += "\(String(frame.count, radix: 16))\r\n".utf8 + frame + "\r\n".utf8
        }
        return bytes
    }
}
