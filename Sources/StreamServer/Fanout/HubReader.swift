import NIOCore

/// One client on its event loop, as its hub knows it.
protocol HubReader: AnyObject {
    /// Something may have come for it: sends what there is, as long as the socket takes it.
    func pump()

    /// Called every half a second.
    func tick(_ now: NIODeadline)
}
