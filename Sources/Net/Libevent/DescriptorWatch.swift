internal import CLibevent

/// Watches a descriptor that a C library owns and closes.
///
/// `SocketStream` closes its socket, so it cannot be used for that. Belongs to the loop's thread, and
/// must be released before the descriptor is closed. It may be released while `onReady` runs.
@safe public final class DescriptorWatch {
    /// What a descriptor is ready for.
    public struct Readiness: OptionSet, Sendable {
        /// The bits.
        public let rawValue: UInt8

        /// Makes a set of the bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// There is something to read, or the peer has ended its side.
        public static let readable = Readiness(rawValue: 1)
        /// The kernel takes bytes.
        public static let writable = Readiness(rawValue: 2)
    }

    // Held: the event is the loop's, and must go before it.
    private let loop: EventLoop
    private let event: UnsafeMutablePointer<event>
    private let onReady: (Readiness) -> Void

    /// Watches from now on, as long as the object exists.
    /// - Parameters:
    ///   - interest: what is watched for.
    ///   - onReady: called on the loop's thread, again and again as long as the descriptor is ready.
    /// - Throws: when the kernel cannot watch the descriptor.
    public init(
        descriptor: Int32, interest: Readiness, loop: EventLoop,
        onReady: @escaping (Readiness) -> Void
    ) throws(LibeventError) {
        var flags = EV_PERSIST
        if interest.contains(.readable) { flags |= EV_READ }
        if interest.contains(.writable) { flags |= EV_WRITE }
        guard
            let event = unsafe event_new(
                loop.base, descriptor, Int16(flags), onDescriptorReady, nil)
        else { throw LibeventError("event_new") }
        unsafe self.event = event
        self.loop = loop
        self.onReady = onReady
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe event_assign(
            event, loop.base, descriptor, Int16(flags), onDescriptorReady, context)
        guard unsafe event_add(event, nil) == 0 else { throw LibeventError("event_add") }
    }

    deinit { unsafe event_free(event) }

    fileprivate func fire(_ what: Int32) {
        var readiness: Readiness = []
        if what & EV_READ != 0 { readiness.insert(.readable) }
        if what & EV_WRITE != 0 { readiness.insert(.writable) }
        onReady(readiness)
    }
}

@c private func onDescriptorReady(_: Int32, what: Int16, context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<DescriptorWatch>.fromOpaque(context).takeUnretainedValue().fire(Int32(what))
}
