internal import ArgumentParser
internal import Gateway
internal import Glibc

/// Makes, lists and revokes access tokens.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make, list and revoke access tokens (auth.mode: token).",
        discussion: """
            The gateway may be running: it notices within a second, also for streams that are open. Run \
            the command as the user of the gateway.

            Example: dir-gateway token create --subject dashboard --scopes events:read,records:read
            """,
        subcommands: [Create.self, List.self, Revoke.self])

    /// Opens the tokens, does something with them, and closes them.
    fileprivate static func with(
        _ options: SettingsOptions, _ body: (TokenAdministration) throws -> Void
    ) throws {
        do {
            let directory = try Settings.dataDirectory(try options.reader())
            let tokens = try TokenAdministration(dataDirectory: directory)
            defer { tokens.close() }
            try body(tokens)
        } catch let code as ExitCode {
            throw code
        } catch {
            throw StartFailure(reason: "\(error)")
        }
    }
}

extension TokenCommand {
    /// Makes a token.
    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token, and print it. It is shown only once.",
            discussion: """
                The token alone goes to standard output. Scopes: events:read, records:read, \
                records:write, webhooks, admin. With --types, --labels or --cids, its holder receives \
                only events that match.

                Example: dir-gateway token create --subject ci --scopes events:read,records:read \
                --labels /skills/AI --expires 30d
                """)

        @Option(help: "The name of the subject, for logs and limits.")
        var subject: String

        @Option(help: "What its holder may do, comma-separated.")
        var scopes: String

        @Option(help: "The only event types that it may receive, comma-separated.")
        var types: String?

        @Option(help: "The only labels, as substrings, comma-separated.")
        var labels: String?

        @Option(help: "The only record cids, sync ids or key fingerprints, comma-separated.")
        var cids: String?

        @Option(help: "When it ends, such as 12h, 30d or 2027-01-01T00:00:00Z. Default: never.")
        var expires: String?

        @OptionGroup var options: SettingsOptions

        func run() throws {
            var draft = TokenAdministration.Draft(subject: subject, scopes: Self.items(scopes))
            draft.types = try Self.items(types, "types")
            draft.labels = try Self.items(labels, "labels")
            draft.cids = try Self.items(cids, "cids")
            draft.expires = expires
            try TokenCommand.with(options) { tokens in
                let (token, entry) = try tokens.create(draft, now: wallClock())
                let end = entry.expires.isEmpty ? "does not expire" : "expires \(entry.expires)"
                let filter = entry.filter.isEmpty ? "" : ", events \(entry.filter)"
                complain(
                    "token \(entry.id) of \(entry.subject): \(entry.scopes.joined(separator: ", "))\(filter), \(end); it is shown only now"
                )
                print(token)
            }
        }

        /// An option that is empty would allow everything.
        private static func items(_ text: String?, _ name: String) throws -> [String] {
            guard let text else { return [] }
            let items = items(text)
            guard !items.isEmpty else { throw ValidationError("--\(name) is empty") }
            return items
        }

        private static func items(_ text: String) -> [String] {
            text.split(separator: ",").map { String($0.drop { $0 == " " }) }.filter { !$0.isEmpty }
        }
    }

    /// Lists the tokens.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the tokens: what each allows, and when it was used. No token is shown.",
            discussion: """
                When a token was used is written every 5 minutes, and when the gateway ends.

                Example: dir-gateway token list --data-dir /var/lib/directory-gateway
                """)

        @OptionGroup var options: SettingsOptions

        func run() throws {
            try TokenCommand.with(options) { tokens in
                let header = ["ID", "SUBJECT", "STATE", "SCOPES", "EXPIRES", "LAST USED", "EVENTS"]
                let rows = try tokens.entries(now: wallClock()).map { entry in
                    [
                        "\(entry.id)", entry.subject, entry.state,
                        entry.scopes.joined(separator: ","), entry.expires, entry.lastUsed,
                        entry.filter,
                    ].map { $0.isEmpty ? "-" : $0 }
                }
                let widths = header.indices.map { column in
                    ([header] + rows).map { $0[column].count }.max() ?? 0
                }
                for row in [header] + rows {
                    let cells = zip(row, widths).map { text, width in
                        text + String(repeating: " ", count: width - text.count)
                    }
                    print(
                        String(
                            cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed()))
                }
            }
        }
    }

    /// Revokes a token.
    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a token: its streams end, and it is refused from now on.",
            discussion: "Example: dir-gateway token revoke 3")

        @Argument(help: "The number of the token, as 'token list' shows it.")
        var id: Int64

        @OptionGroup var options: SettingsOptions

        func run() throws {
            try TokenCommand.with(options) { tokens in
                guard try tokens.revoke(id, now: wallClock()) else {
                    complain("there is no token \(id); 'dir-gateway token list' lists them")
                    throw ExitCode.failure
                }
                complain("token \(id) is revoked")
            }
        }
    }
}

/// Writes a line to standard error.
private func complain(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
}
