/// Error codes of HTTP/2 (RFC 9113 §7).
enum HTTP2ErrorCode {
    static let internalError: UInt32 = 2
    static let refusedStream: UInt32 = 7
    static let cancel: UInt32 = 8
    static let enhanceYourCalm: UInt32 = 11
}
