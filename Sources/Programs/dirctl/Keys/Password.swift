internal import FoundationEssentials
internal import Glibc

/// The password of a key.
enum Password {
    /// The variable of upstream's client and of cosign.
    static let variable = "COSIGN_PASSWORD"

    /// Reads the password: from standard input if that is wanted, else from the variable, else from a
    /// person at the terminal.
    /// - Throws: `Exit.Failure` when there is no password.
    static func read(fromInput: Bool) throws -> [UInt8] {
        if fromInput {
            let text = [UInt8](try Input.standard.all())
            return Array(text.prefix { $0 != 0x0A && $0 != 0x0D })
        }
        if let password = ProcessInfo.processInfo.environment[variable] {
            return Array(password.utf8)
        }
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0 else {
            throw Exit.Failure(
                message:
                    "the key is encrypted: set \(variable) to its password, or use --password-stdin",
                code: .usage)
        }
        defer { close(terminal) }
        return try ask(terminal)
    }

    private static func ask(_ terminal: Int32) throws -> [UInt8] {
        _ = Output.write(Array("Password of the key: ".utf8), whole: terminal)
        var old = termios()
        tcgetattr(terminal, &old)
        var silent = old
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(terminal, TCSAFLUSH, &silent)
        defer {
            tcsetattr(terminal, TCSAFLUSH, &old)
            _ = Output.write([0x0A], whole: terminal)
        }
        var password: [UInt8] = []
        var byte: UInt8 = 0
        while Glibc.read(terminal, &byte, 1) == 1, byte != 0x0A { password.append(byte) }
        return password
    }
}
