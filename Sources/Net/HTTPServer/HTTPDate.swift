internal import Glibc

/// The `Date` field (RFC 9110 §6.6.1), formatted once a second and not for each response.
struct HTTPDate {
    private var second: time_t = 0
    private var text = ""

    /// Returns the value of the field for the current second.
    mutating func now() -> String {
        let now = time(nil)
        guard now != second else { return text }
        second = now
        var parts = unsafe tm()
        var seconds = now
        unsafe gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 40)
        let length = unsafe strftime(&buffer, buffer.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
        text = String(
            decoding: buffer.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text
    }
}
