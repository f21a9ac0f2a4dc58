import CEvents
import Glibc

/// Waits for many sockets at once (epoll, level-triggered).
@safe final class Poller {
    private static let eventsMax = 128

    private let descriptor: Int32
    private let events: UnsafeMutablePointer<epoll_event>

    init() throws(LoadError) {
        descriptor = epoll_create1(0)
        guard descriptor >= 0 else { throw LoadError(call: "epoll_create1") }
        unsafe events = .allocate(capacity: Poller.eventsMax)
    }

    deinit {
        unsafe events.deallocate()
        close(descriptor)
    }

    /// What is waited for.
    struct Interest: OptionSet {
        let rawValue: UInt32
        static let readable = Interest(rawValue: EPOLLIN.rawValue)
        static let writable = Interest(rawValue: EPOLLOUT.rawValue)
    }

    func add(_ socket: Int32, tag: Int, _ interest: Interest) throws(LoadError) {
        try control(EPOLL_CTL_ADD, socket, tag, interest)
    }

    func change(_ socket: Int32, tag: Int, _ interest: Interest) throws(LoadError) {
        try control(EPOLL_CTL_MOD, socket, tag, interest)
    }

    func remove(_ socket: Int32) throws(LoadError) {
        try control(EPOLL_CTL_DEL, socket, 0, [])
    }

    private func control(_ action: Int32, _ socket: Int32, _ tag: Int, _ interest: Interest)
        throws(LoadError)
    {
        var event = unsafe epoll_event()
        unsafe event.events = interest.rawValue
        unsafe event.data.u64 = UInt64(bitPattern: Int64(tag))
        guard unsafe epoll_ctl(descriptor, action, socket, &event) == 0 else {
            throw LoadError(call: "epoll_ctl")
        }
    }

    /// Waits for at most so many milliseconds, and says how many sockets are ready.
    func wait(milliseconds: Int32) -> Int {
        max(
            0,
            Int(
                unsafe epoll_wait(
                    descriptor, events, Int32(Poller.eventsMax), milliseconds)))
    }

    /// The tag of the ready socket of that number.
    func tag(_ number: Int) -> Int {
        unsafe Int(Int64(bitPattern: events[number].data.u64))
    }
}
