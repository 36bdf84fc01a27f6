public import Glibc

/// The failure of a system call or of a libevent function.
public struct LibeventError: Error, CustomStringConvertible {
    /// The C name of the function.
    public let call: String
    /// The value of `errno`; 0 where the function does not set it.
    public let code: Int32

    /// Makes an error, by default with the current `errno`.
    public init(_ call: String, code: Int32 = errno) {
        self.call = call
        self.code = code
    }

    /// The name of the function and the system's message for the error.
    public var description: String {
        guard code != 0 else { return "\(call) failed" }
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) }
        return "\(call): \(reason ?? "error \(code)")"
    }
}
