internal import Events
internal import Glibc
internal import Text

/// Writes lines at once, so that whoever reads through a pipe sees each when it is there.
enum Output {
    /// Data, to standard output.
    static func line(_ text: String) { write(Array(text.utf8) + [0x0A], to: STDOUT_FILENO) }

    /// Data as it is, to standard output.
    static func bytes(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

    /// A line for a person, to standard error.
    static func notice(_ text: String) { write(Array(text.utf8) + [0x0A], to: STDERR_FILENO) }

    /// Text that overwrites itself on the terminal; nothing where there is none.
    static func progress(_ text: String) {
        guard isTerminal(STDERR_FILENO) else { return }
        write(Array("\r\u{1B}[K\(text)".utf8), to: STDERR_FILENO)
    }

    /// A text as a JSON string.
    static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        Text.JSONText.append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Without what would end the line, move the cursor or recolour the terminal: names, labels and
    /// ids are strangers' words.
    static func printable(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        return isPlain ? text : String(quoted(text).dropFirst().dropLast())
    }

    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Whether colours may be used on standard output (no-color.org).
    static let hasColour: Bool = {
        let refusal = getenv("NO_COLOR").map { String(cString: $0) } ?? ""
        return isTerminal(STDOUT_FILENO) && refusal.isEmpty
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
                // Whoever read has enough: end as a program that knows nothing of it would.
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
