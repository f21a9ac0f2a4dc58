import HTTPTypes
import Hummingbird
import NIOCore

/// The web page and the API's description: a few files that are compiled into the program.
struct WebEndpoint: Sendable {
    /// One file.
    enum Asset: CaseIterable {
        case page
        case script
        case style
        /// What the API is, in OpenAPI's words.
        case description

        var bytes: [UInt8] {
            switch self {
            case .page: PackageResources.index_html
            case .script: PackageResources.page_js
            case .style: PackageResources.page_css
            case .description: PackageResources.openapi_json
            }
        }

        fileprivate var type: String {
            switch self {
            case .page: "text/html; charset=utf-8"
            case .script: "text/javascript; charset=utf-8"
            case .style: "text/css; charset=utf-8"
            case .description: "application/json"
            }
        }
    }

    /// What the page may load: nothing but itself.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        + "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    /// The answer with a file's contents.
    static func response(_ asset: Asset) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = asset.type
        headers[.cacheControl] = "no-cache"
        headers[.contentSecurityPolicy] = policy
        headers[.xContentTypeOptions] = "nosniff"
        return Response(
            status: .ok, headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: asset.bytes)))
    }
}
