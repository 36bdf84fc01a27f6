internal import CCurl
internal import Libevent

/// libcurl's multi interface on a loop: curl tells which sockets to watch and when to call it again.
///
/// Belongs to the loop's thread. `close()` must be called before the last reference is released.
@safe final class CurlMulti {
    private let multi: UnsafeMutableRawPointer
    private let loop: EventLoop
    private var timer: LoopTimer?
    private var watches: [Int32: DescriptorWatch] = [:]
    private var running: [ObjectIdentifier: Running] = [:]
    private var isClosed = false

    private struct Running {
        let transfer: Transfer
        let completion: (Result<FetchResponse, FetchError>) -> Void
    }

    /// Initializes libcurl once in a process, before any other call; thread-safe as a `static let`.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Makes the interface.
    /// - Parameter connections: the maximum number of connections; further transfers wait for one.
    /// - Throws: if there is no memory for it.
    init(loop: EventLoop, connections: Int) throws(LibeventError) {
        guard Self.isReady, let multi = unsafe curl_multi_init() else {
            throw LibeventError("curl_multi_init", code: 0)
        }
        unsafe self.multi = multi
        self.loop = loop
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe directory_curl_multi_set_socket(multi, onSocket, context)
        unsafe directory_curl_multi_set_timer(multi, onTimeout, context)
        for option in [CURLMOPT_MAX_TOTAL_CONNECTIONS, CURLMOPT_MAXCONNECTS] {
            unsafe directory_curl_multi_set_long(multi, option, connections)
        }
        timer = try LoopTimer(loop: loop) { [weak self] in
            self?.proceed(CURL_SOCKET_TIMEOUT, 0)
        }
    }

    /// Starts a transfer.
    /// - Parameter completion: called once, in a later turn or in this one.
    func start(
        _ transfer: Transfer, completion: @escaping (Result<FetchResponse, FetchError>) -> Void
    ) {
        loop.checkIsolated()
        guard !isClosed, unsafe curl_multi_add_handle(multi, transfer.easy) == CURLM_OK else {
            return completion(.failure(.cancelled))
        }
        running[ObjectIdentifier(transfer)] = Running(transfer: transfer, completion: completion)
    }

    /// Cancels a transfer; does nothing if it has ended. Not from a callback of curl.
    func cancel(_ id: ObjectIdentifier) {
        guard let entry = remove(id) else { return }
        entry.completion(.failure(.cancelled))
    }

    /// Cancels all transfers and closes all connections. Not from a callback of curl.
    func close() {
        loop.checkIsolated()
        guard !isClosed else { return }
        isClosed = true
        for id in Array(running.keys) { cancel(id) }
        // The sockets that curl closes now are no longer watched, and it calls nothing back.
        timer = nil
        watches = [:]
        unsafe directory_curl_multi_set_socket(multi, nil, nil)
        unsafe directory_curl_multi_set_timer(multi, nil, nil)
        unsafe curl_multi_cleanup(multi)
    }

    private func remove(_ id: ObjectIdentifier) -> Running? {
        guard let entry = running.removeValue(forKey: id) else { return nil }
        unsafe curl_multi_remove_handle(multi, entry.transfer.easy)
        return entry
    }

    /// Lets curl continue, and completes the transfers that have ended.
    private func proceed(_ descriptor: Int32, _ readiness: Int32) {
        var runningCount: Int32 = 0
        unsafe curl_multi_socket_action(multi, descriptor, readiness, &runningCount)
        var waitingCount: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &waitingCount) {
            guard unsafe message.pointee.msg == CURLMSG_DONE,
                let transfer = unsafe Transfer.of(message.pointee.easy_handle)
            else { continue }
            // Read before the transfer is removed, which frees the message.
            let code = unsafe message.pointee.data.result
            guard let entry = remove(ObjectIdentifier(transfer)) else { continue }
            entry.completion(transfer.result(code))
        }
    }

    fileprivate func watch(_ descriptor: Int32, for what: Int32) {
        // The old one first: a descriptor may be watched only once.
        watches[descriptor] = nil
        var interest: DescriptorWatch.Readiness = []
        if what & CURL_POLL_IN != 0 { interest.insert(.readable) }
        if what & CURL_POLL_OUT != 0 { interest.insert(.writable) }
        guard what != CURL_POLL_REMOVE, !interest.isEmpty else { return }
        // Without a watch, the transfer ends with its timeout.
        watches[descriptor] = try? DescriptorWatch(
            descriptor: descriptor, interest: interest, loop: loop
        ) { [weak self] readiness in
            let readable = readiness.contains(.readable) ? CURL_CSELECT_IN : 0
            let writable = readiness.contains(.writable) ? CURL_CSELECT_OUT : 0
            self?.proceed(descriptor, readable | writable)
        }
    }

    fileprivate func schedule(afterMilliseconds delay: Int) {
        // Only the timer: curl must not be called from its own callback.
        if delay < 0 { timer?.cancel() } else { timer?.schedule(after: .milliseconds(delay)) }
    }
}

@c private func onSocket(
    _: UnsafeMutableRawPointer?, descriptor: curl_socket_t, what: Int32,
    context: UnsafeMutableRawPointer?, _: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context = unsafe context else { return 0 }
    unsafe Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
        .watch(descriptor, for: what)
    return 0
}

@c private func onTimeout(
    _: UnsafeMutableRawPointer?, delay: Int, context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context = unsafe context else { return 0 }
    unsafe Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
        .schedule(afterMilliseconds: delay)
    return 0
}
