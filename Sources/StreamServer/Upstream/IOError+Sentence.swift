import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension IOError {
    /// What went wrong, for a log or an operator: what is common is said in words.
    var sentence: String {
        switch errnoCode {
        case ECONNREFUSED: "connection refused"
        case ECONNRESET: "connection reset"
        case EPIPE: "connection broken"
        case ETIMEDOUT: "connection timed out"
        case EADDRINUSE: "the address is in use"
        case EADDRNOTAVAIL: "the address is not this machine's"
        case EACCES: "permission denied"
        case EHOSTUNREACH: "host unreachable"
        case ENETUNREACH: "network unreachable"
        default: "\(self)"
        }
    }
}
