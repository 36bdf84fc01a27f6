internal import Events
internal import Glibc
internal import Text

/// Writes each line at once, so that the reader of a pipe receives it immediately.
enum Output {
    /// Writes a line of data to standard output, as it is.
    static func line(_ text: String) { write(Array(text.utf8) + [0x0A], to: STDOUT_FILENO) }

    /// Writes data to standard output. On a terminal, characters that would control it are
    /// written as `\uXXXX`, which means the same in JSON.
    static func bytes(_ bytes: [UInt8]) {
        guard writesToTerminal else { return write(bytes, to: STDOUT_FILENO) }
        let text = printable(String(decoding: bytes, as: UTF8.self), keepsLines: true)
        write(Array(text.utf8), to: STDOUT_FILENO)
    }

    /// Writes JSON and a line end, as `bytes` does.
    static func json(_ json: [UInt8]) { bytes(json + [0x0A]) }

    /// Writes JSON from a server on one line.
    static func jsonLine(_ json: [UInt8]) {
        let isOneLine = !json.contains { $0 == 0x0A || $0 == 0x0D }
        // A line end can only be between two parts of a JSON text, where a space means the same.
        self.json(isOneLine ? json : json.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
    }

    /// Writes a text for a person to standard error; it may have several lines.
    static func notice(_ text: String) {
        write(Array(printable(text, keepsLines: true).utf8) + [0x0A], to: STDERR_FILENO)
    }

    /// Writes a question to standard error, without a line end.
    static func prompt(_ text: String) {
        write(Array(printable(text).utf8), to: STDERR_FILENO)
    }

    /// Writes text that the next progress overwrites on the terminal; nothing without a terminal.
    static func progress(_ text: String) {
        guard isTerminal(STDERR_FILENO) else { return }
        write(Array("\r\u{1B}[K\(printable(text))".utf8), to: STDERR_FILENO)
    }

    /// Returns a text as a JSON string.
    static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        Text.JSONText.append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether standard output is a terminal; determined once, not for each event.
    private static let writesToTerminal = isTerminal(STDOUT_FILENO)

    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Whether colours may be used on standard output (no-color.org).
    static let hasColour: Bool = {
        let refusal = getenv("NO_COLOR").map { String(cString: $0) } ?? ""
        return writesToTerminal && refusal.isEmpty
    }()

    static func colour(_ text: String, _ code: Int) -> String {
        hasColour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count =
                rest.withContiguousStorageIfAvailable {
                    Glibc.write(descriptor, $0.baseAddress, $0.count)
                } ?? 0
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count < 0, errno == EPIPE {
                // The reader of the pipe has ended: end with SIGPIPE, like other programs.
                signal(SIGPIPE, SIG_DFL)
                raise(SIGPIPE)
            } else if count < 0, errno == EAGAIN {
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&wait, 1, -1)
            } else if errno != EINTR {
                if descriptor == STDOUT_FILENO {
                    notice(
                        "Error: the output cannot be written: \(String(cString: strerror(errno)))")
                }
                exit(Exit.failed.rawValue)
            }
        }
    }
}
