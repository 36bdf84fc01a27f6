public import Glibc

/// A system call or a libevent call failed.
public struct LibeventError: Error, CustomStringConvertible {
    /// The call, by its C name.
    public let call: String
    /// What `errno` said; 0 where the call does not set it.
    public let code: Int32

    public init(_ call: String, code: Int32 = errno) {
        self.call = call
        self.code = code
    }

    /// The call and the system's own words for the fault.
    public var description: String {
        guard code != 0 else { return "\(call) failed" }
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) }
        return "\(call): \(reason ?? "error \(code)")"
    }
}
