internal import Glibc
internal import Text

/// A question to the person at the terminal, before something that is not easily undone.
enum Question {
    /// Returns when the answer is yes.
    /// - Throws: `Exit.Failure` when it is another one, or there is no terminal to ask at.
    static func ask(_ text: String) throws {
        guard Output.isTerminal(STDIN_FILENO) else {
            throw Exit.Failure(
                message: "\(text) There is no terminal to answer at: use --yes", code: .usage)
        }
        Output.prompt("\(text) [y/N] ")
        let answer = (readLine() ?? "").trimmedASCII.lowercasedASCII
        guard ["y", "yes"].contains(answer) else {
            throw Exit.Failure(message: "nothing was done", code: .failed)
        }
    }
}
