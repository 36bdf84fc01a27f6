internal import ArgumentParser
internal import DirectoryClient
internal import Glibc
internal import Records

/// The exit codes of the program, besides 0.
enum Exit: Int32 {
    case failed = 1
    case usage = 2
    case notFound = 3
    case refused = 4
    case unreachable = 5

    /// An error whose message has already been printed.
    struct Silently: Error {
        let code: Exit
    }

    /// An error with a message of one line that says what to do.
    struct Failure: Error {
        let message: String
        var code = Exit.failed
    }

    /// Prints an error and ends the program.
    static func because(of error: any Error) -> Never {
        switch error {
        case let error as Silently: exit(error.code.rawValue)
        case let error as Failure: end(error.message, error.code)
        case let error as DirectoryClientError: end(text(error), code(error))
        case let error as KeyError: end(Output.printable("\(error)"), .failed)
        default: endAsParser(error)
        }
    }

    static func code(_ error: DirectoryClientError) -> Exit {
        switch error {
        case .invalidAddress, .unusableFile: .usage
        case .unreachable, .timedOut, .notAGateway: .unreachable
        case .refused(let problem):
            switch problem.status {
            case 404: .notFound
            case 500...: .failed
            default: .refused
            }
        }
    }

    /// Returns the message of an error, with every error of a record on a line of its own.
    static func text(_ error: DirectoryClientError) -> String {
        guard case .refused(let problem) = error else {
            return Output.printable(error.description)
        }
        guard !problem.faults.isEmpty else { return Output.printable(ProblemText.line(problem)) }
        let number = problem.faults.count
        return "the record has \(number) error\(number == 1 ? "" : "s"):\n"
            + problem.faults.map {
                "  \(Output.printable($0.pointer)) \(Output.printable($0.detail))"
            }.joined(separator: "\n")
    }

    /// Prints what is wrong with the arguments of a command, and where its help is, and ends the program.
    static func misused(_ command: any ParsableCommand.Type, _ error: ValidationError) -> Never {
        let path = UnknownCommand.path(of: command).joined(separator: " ")
        end("\(error.message)\n  See '\(path) --help' for more information.", .usage)
    }

    private static func end(_ message: String, _ code: Exit) -> Never {
        Output.notice("Error: \(message)")
        exit(code.rawValue)
    }

    /// Prints help, the version, or a mistake in the arguments, and ends the program.
    private static func endAsParser(_ error: any Error) -> Never {
        let text = Dirctl.fullMessage(for: error)
        if !Dirctl.exitCode(for: error).isSuccess,
            let message = UnknownCommand.message(Array(CommandLine.arguments.dropFirst()))
        {
            end(message, .usage)
        }
        if Dirctl.exitCode(for: error).isSuccess {
            Output.line(text)
            exit(0)
        }
        Output.notice(text)
        exit(Exit.usage.rawValue)
    }
}
