import HTTPTypes
import Hummingbird
import Journal
import Logging
import NIOCore
import NIOHTTP1

/// Turns whatever a handler throws into `application/problem+json` with one sentence of detail.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    let hosts: HostPolicy?
    let logger: Logger

    @concurrent
    func handle(
        _ request: Request, context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            try hosts?.check(request.head.authority)
            // The router takes no notice of a slash at the end, but a name is missing there.
            let path = request.uri.path
            guard path == "/" || path == "/socket.io/" || !path.hasSuffix("/") else {
                throw HTTPError(.notFound)
            }
            return try await next(request, context)
        } catch let problem as Problem {
            return Response(problem)
        } catch let error as JournalError {
            let problem = Problem(error)
            if problem.status >= 500 {
                logger.error("a request failed", metadata: ["error": "\(error)"])
            }
            return Response(problem)
        } catch let error where error is HTTPParserError || error is ChannelError {
            // The client's doing, not ours: it went away, or its body is none.
            return Response(Problem(400, "the request broke off before its end"))
        } catch let error as HTTPError where error.status == .notFound {
            return Response(Problem(404, "there is nothing at this address"))
        } catch let error as HTTPError where error.status == .contentTooLarge {
            return Response(Problem(413, "the body is larger than this address takes"))
        } catch let error as HTTPError {
            return Response(
                Problem(error.status.code, error.body ?? error.status.reasonPhrase))
        } catch {
            logger.error("a request failed", metadata: ["error": "\(error)"])
            return Response(Problem(500, "the server failed to answer; its log says why"))
        }
    }
}

extension Response {
    /// The answer that tells a problem.
    init(_ problem: Problem) {
        var headers: HTTPFields = [
            .contentType: "application/problem+json", .cacheControl: "no-store",
        ]
        if problem.status == 401 { headers[.wwwAuthenticate] = Problem.challenge }
        self.init(
            status: .init(code: problem.status), headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: problem.json)))
    }

    /// A JSON answer.
    init(json: [UInt8]) {
        self.init(
            status: .ok,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: json)))
    }
}
