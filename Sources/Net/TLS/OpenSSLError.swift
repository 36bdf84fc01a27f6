internal import COpenSSL

/// An entry of OpenSSL's error queue. Each thread has its own queue.
struct OpenSSLError {
    private let code: UInt

    /// The part of OpenSSL that failed, as `ERR_LIB_SSL`.
    var library: Int32 { ERR_GET_LIB(code) }

    /// The reason, whose meaning depends on the library, as `SSL_R_HTTP_REQUEST`.
    var reason: Int32 { ERR_GET_REASON(code) }

    /// OpenSSL's text for the reason: a constant, so nothing in it comes from a client.
    var text: String {
        guard let text = unsafe ERR_reason_error_string(code) else { return "error \(reason)" }
        return unsafe String(cString: text)
    }

    /// Takes the cause from the thread's queue, and empties it: the first entry of the TLS protocol,
    /// because the entries of other parts name details of it, else the first of all.
    static func take() -> OpenSSLError? {
        var first: OpenSSLError?
        var code = ERR_get_error()
        while code != 0 {
            let error = OpenSSLError(code: code)
            if first == nil || (first?.library != ERR_LIB_SSL && error.library == ERR_LIB_SSL) {
                first = error
            }
            code = ERR_get_error()
        }
        return first
    }

    /// Takes the text of the cause from the thread's queue, and empties it.
    static func takeText() -> String { take()?.text ?? "no reason given" }
}
