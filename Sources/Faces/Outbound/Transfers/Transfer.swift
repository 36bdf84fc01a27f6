internal import Addresses
internal import CCurl
internal import Glibc

/// A running request: curl's easy handle, and the part of the response received so far.
///
/// Belongs to the loop's thread. Must live until it is removed from its `CurlMulti`.
@safe final class Transfer {
    /// curl's handle.
    let easy: UnsafeMutableRawPointer
    private let request: FetchRequest
    private let errorText: UnsafeMutablePointer<CChar>
    private var lists: [UnsafeMutablePointer<curl_slist>] = unsafe []
    private var headCount = 0
    private var body: [UInt8] = []
    /// Whether the head of the final response has ended.
    private var isHeadComplete = false
    /// The body of the request, while curl sends it.
    private var content: UnsafeMutableBufferPointer<UInt8>?
    /// Why a callback has stopped curl; curl reports only that one has.
    private var callbackError: FetchError?

    /// Makes the handle of a request.
    /// - Throws: `FetchError.failed` if curl does not accept an option.
    init(_ request: FetchRequest) throws(FetchError) {
        guard let easy = unsafe curl_easy_init() else { throw .failed("curl_easy_init failed") }
        unsafe self.easy = easy
        self.request = request
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try configure()
    }

    deinit {
        unsafe curl_easy_cleanup(easy)
        while let list = unsafe lists.popLast() { unsafe curl_slist_free_all(list) }
        unsafe errorText.deallocate()
        unsafe content?.deallocate()
    }

    /// Returns the transfer of a handle.
    static func of(_ easy: UnsafeMutableRawPointer?) -> Transfer? {
        var context: UnsafeMutableRawPointer?
        guard unsafe directory_curl_get_pointer(easy, CURLINFO_PRIVATE, &context) == CURLE_OK,
            let context = unsafe context
        else { return nil }
        return unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }

    private func configure() throws(FetchError) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        // The address that was checked, whatever the name resolves to now. So curl never resolves a
        // name; cancelling a transfer would wait for that.
        try set(CURLOPT_CONNECT_TO, list: ["::\(request.address)"])
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        // Not the proxy of the environment: its address would be checked, not the remote's.
        try set(CURLOPT_PROXY, "")
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        try set(CURLOPT_PATH_AS_IS, 1)
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_CONNECT_ONLY, request.connectsOnly ? 1 : 0)
        try set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.connectTimeout))
        try set(CURLOPT_TIMEOUT_MS, Self.milliseconds(request.timeout))
        try set(CURLOPT_USERAGENT, request.userAgent)
        // Without waiting for `100 Continue`, which curl would ask for with a long body.
        try set(
            CURLOPT_HTTPHEADER, list: request.fields + (request.content == nil ? [] : ["Expect:"]))
        if let content = request.content { try setContent(content) }
        if let authorities = request.authorities {
            try set(CURLOPT_CAINFO, authorities)
            try set(CURLOPT_CAPATH, nil)
        }
        try check(unsafe directory_curl_set_opensocket(easy, onOpenSocket))
        try check(unsafe directory_curl_set_prereq(easy, onRequest))
        try check(unsafe directory_curl_set_write(easy, CURLOPT_WRITEFUNCTION, onBody))
        try check(unsafe directory_curl_set_write(easy, CURLOPT_HEADERFUNCTION, onHead))
        try check(unsafe directory_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
        for option in [
            CURLOPT_OPENSOCKETDATA, CURLOPT_PREREQDATA, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA,
            CURLOPT_PRIVATE,
        ] { try check(unsafe directory_curl_set_pointer(easy, option, context)) }
    }

    private func setContent(_ bytes: [UInt8]) throws(FetchError) {
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
        _ = unsafe buffer.initialize(from: bytes)
        unsafe content = unsafe buffer
        try set(CURLOPT_POST, 1)
        try set(CURLOPT_POSTFIELDSIZE, bytes.count)
        try check(
            unsafe directory_curl_set_pointer(easy, CURLOPT_POSTFIELDS, buffer.baseAddress))
    }

    private func set(_ option: CURLoption, _ value: Int) throws(FetchError) {
        try check(unsafe directory_curl_set_long(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: String?) throws(FetchError) {
        try check(unsafe directory_curl_set_string(easy, option, value))
    }

    private func set(_ option: CURLoption, list: [String]) throws(FetchError) {
        var head: UnsafeMutablePointer<curl_slist>?
        for line in list { unsafe head = unsafe curl_slist_append(head, line) }
        guard let head = unsafe head else { throw .failed("curl_slist_append failed") }
        unsafe lists.append(head)
        try check(unsafe directory_curl_set_list(easy, option, head))
    }

    private func check(_ code: CURLcode) throws(FetchError) {
        guard code != CURLE_OK else { return }
        throw .failed(unsafe String(cString: curl_easy_strerror(code)))
    }

    /// At least 1: curl takes zero for no timeout.
    private static func milliseconds(_ time: Duration) -> Int {
        max(1, Int(min(time, .seconds(1 << 20)) / .milliseconds(1)))
    }

    // MARK: Callbacks of curl

    fileprivate func admits(_ address: SocketAddress?) -> Bool {
        guard let address else { return false }
        let isAdmitted = request.admits(address)
        if !isAdmitted { callbackError = .forbidden(address) }
        return isAdmitted
    }

    /// - Returns: the number of bytes taken; if these are not all of them, curl stops.
    fileprivate func takeHead(_ count: Int) -> Int {
        headCount += count
        // The empty line; an interim response (1xx) has one too.
        if count <= 2, status >= 200 { isHeadComplete = true }
        guard headCount <= request.headLimit else {
            callbackError = .headTooLarge
            return 0
        }
        return count
    }

    fileprivate func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        if request.keepsBeginning {
            let room = request.bodyLimit - body.count
            unsafe body.append(contentsOf: bytes.prefix(room))
            // What is not taken stops curl, and ends the connection.
            return min(room, bytes.count)
        }
        guard status == 200 else { return 0 }
        guard body.count + bytes.count <= request.bodyLimit else {
            callbackError = .bodyTooLarge
            return 0
        }
        unsafe body.append(contentsOf: bytes)
        return bytes.count
    }

    // MARK: The end

    /// Returns the result of the transfer after it has ended.
    /// - Parameter code: the result according to curl.
    func result(_ code: CURLcode) -> Result<FetchResponse, FetchError> {
        let status = status
        // The body of an error is not needed, so `takeBody` has stopped it at its first byte.
        let isErrorStatus = code == CURLE_WRITE_ERROR && callbackError == nil && status != 200
        let isEnough = request.keepsBeginning && isHeadComplete
        if code == CURLE_OK || isErrorStatus || isEnough {
            return .success(
                FetchResponse(
                    status: status, location: field("Location"),
                    retryAfter: field("Retry-After"), body: body))
        }
        return .failure(callbackError ?? error(code))
    }

    private func error(_ code: CURLcode) -> FetchError {
        switch code {
        case CURLE_OPERATION_TIMEDOUT: return .timedOut
        case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE: return .closed
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
            return .notHTTP(reason(code))
        // A line of the head that is longer than curl's own buffer.
        case CURLE_OUT_OF_MEMORY: return .headTooLarge
        case CURLE_COULDNT_CONNECT:
            let code = Int32(truncatingIfNeeded: number(CURLINFO_OS_ERRNO))
            return .failed(code == ECONNREFUSED ? "connection refused" : systemReason(code))
        default: return .failed(reason(code))
        }
    }

    private func reason(_ code: CURLcode) -> String {
        let text = unsafe String(cString: errorText)
        return text.utf8.isEmpty ? unsafe String(cString: curl_easy_strerror(code)) : text
    }

    private func systemReason(_ code: Int32) -> String {
        code == 0 ? "no connection" : unsafe String(cString: strerror(code))
    }

    private var status: Int { number(CURLINFO_RESPONSE_CODE) }

    private func number(_ info: CURLINFO) -> Int {
        var value = 0
        unsafe directory_curl_get_long(easy, info, &value)
        return value
    }

    private func field(_ name: String) -> String? {
        var field: UnsafeMutablePointer<curl_header>?
        let code = unsafe curl_easy_header(easy, name, 0, UInt32(CURLH_HEADER), -1, &field)
        guard code == CURLHE_OK, let field = unsafe field else { return nil }
        return unsafe String(cString: field.pointee.value)
    }
}

@c private func onOpenSocket(
    context: UnsafeMutableRawPointer?, _: curlsocktype,
    address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let context = unsafe context, let address = unsafe address,
        let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr)
    else { return -1 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let bytes = unsafe UnsafeRawBufferPointer(
        start: UnsafeRawPointer(address) + offset, count: Int(address.pointee.addrlen))
    guard transfer.admits(unsafe SocketAddress(sockaddr: bytes)) else { return -1 }
    return unsafe socket(
        address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue),
        address.pointee.protocol)
}

// Unlike the one above, also called for a connection that is reused.
@c private func onRequest(
    context: UnsafeMutableRawPointer?, host: UnsafeMutablePointer<CChar>?,
    _: UnsafeMutablePointer<CChar>?, port: Int32, _: Int32
) -> Int32 {
    guard let context = unsafe context, let host = unsafe host else { return 1 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.admits(SocketAddress("[\(unsafe String(cString: host))]:\(port)"))
        ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

@c private func onHead(
    _: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    return unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        .takeHead(size * count)
}

@c private func onBody(
    bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    return unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        .takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
}
