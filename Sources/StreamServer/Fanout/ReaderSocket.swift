import Glibc
import Logging
import NIOCore

/// How the socket of a reader is set up, so that a slow one costs little and a dead one is noticed.
enum ReaderSocket {
    /// Linux's `TCP_USER_TIMEOUT`: what is sent and not acknowledged for so long ends the
    /// connection.
    ///
    /// Pings to a peer that is gone fill no buffer, so nothing else would notice.
    private static let userTimeout = ChannelOptions.socket(SocketOptionLevel(IPPROTO_TCP), 18)
    /// Linux's `TCP_NOTSENT_LOWAT`: the kernel holds no more than this that it has not sent, so
    /// that a slow reader's backlog stays in the journal.
    private static let unsentLowWater = ChannelOptions.socket(SocketOptionLevel(IPPROTO_TCP), 25)
    private static let unsentBytesMax: SocketOptionValue = 64 << 10

    /// Sets both, where the channel is a TCP socket.
    static func setOptions(_ channel: any Channel, silenceMax: TimeAmount, logger: Logger) {
        guard channel.remoteAddress?.port != nil else { return }
        let timeout = SocketOptionValue(silenceMax.nanoseconds / 1_000_000)
        channel.setOption(userTimeout, value: timeout)
            .and(channel.setOption(unsentLowWater, value: unsentBytesMax))
            .whenFailure { error in
                logger.warning(
                    "a stream's socket keeps its defaults", metadata: ["error": "\(error)"])
            }
    }

    /// Bytes that were written to the channel and have not left it: fewer than before mean progress.
    static func bufferedBytes(_ channel: any Channel) -> Int {
        (try? channel.syncOptions?.getOption(ChannelOptions.bufferedWritableBytes)) ?? 0
    }
}
