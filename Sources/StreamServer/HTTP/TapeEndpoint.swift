import HTTPTypes
import Hummingbird
import Journal
import NIOCore
import NIOPosix
import Replay

/// `GET /api/runs/{run_id}/tape`: a run as a file that any Tapedeck reads.
struct TapeEndpoint: Sendable {
    /// What `Content-Type` says.
    static let contentType = "application/vnd.tapedeck.tape"

    let service: StreamService

    /// The tape of what is durable by now, as it is made.
    func tape(_ run: RunID, for holder: Holder) throws -> Response {
        let found = holder.visible(run)
        guard service.journal.run(found) != nil else {
            throw Problem(404, "there is no run \(run)")
        }
        let pieces = TapePieces(of: found, from: service.journal)
        let pool = service.pool
        var headers: HTTPFields = [.contentType: Self.contentType, .cacheControl: "no-store"]
        headers[.contentDisposition] = "attachment; filename*=UTF-8''\(Self.fileName(of: run))"
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                while let bytes = try await pool.runIfActive({ try pieces.next() }) {
                    if !bytes.isEmpty { try await writer.write(ByteBuffer(bytes: bytes)) }
                }
                try await writer.finish(nil)
            })
    }

    /// The run's name with `.tape` behind it, as RFC 8187 spells it.
    private static func fileName(of run: RunID) -> String {
        var name = ""
        for byte in (run.name + ".tape").utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"):
                name.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                name += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return name
    }
}

/// The pieces of a tape, made one by one on threads that may block.
private final class TapePieces: @unchecked Sendable {
    // SAFETY: one request asks for the pieces, and for the next only once it has the one before.
    private var export: RunExport<Journal>

    init(of run: RunID, from journal: Journal) {
        export = RunExport(of: run, from: journal, as: .tape, redaction: .none)
    }

    func next() throws -> [UInt8]? { try export.next() }
}
