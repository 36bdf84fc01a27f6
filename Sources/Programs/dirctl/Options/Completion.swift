internal import ArgumentParser
internal import Configuration
internal import DirectoryClient
internal import Events
internal import FoundationEssentials
internal import Text

/// The words that a shell offers. What only the gateway knows is asked of it, with a short timeout;
/// without a response there is nothing to offer.
enum Completion {
    private static let timeout = Duration.seconds(1)
    /// The most words of a kind.
    private static let most = 50

    /// Returns the names of types, after the last comma of a list.
    static func types(_ prefix: String) -> [String] {
        let items = prefix.fields(on: UInt8(ascii: ","))
        let before = items.dropLast().map { "\($0)," }.joined()
        return EventType.allCases.map { before + $0.shortName }
    }

    /// Returns the names of contexts.
    static func contexts() -> [String] {
        let file = try? SettingsFile(ProcessInfo.processInfo.environment)
        return file?.contexts.map(\.name) ?? []
    }

    /// Returns the names and the cids of records that begin with a prefix.
    static func records(_ words: [String], _ prefix: String) async -> [String] {
        await ask(words) { client in
            var query = RecordQuery()
            let isCID = prefix.hasBytePrefix("baea")
            if !isCID { query.names = ["\(LiteralPattern.of(prefix))*"] }
            let found = try await client.records(query, limit: isCID ? 1000 : most).records
            return found.map { isCID ? $0.cid : $0.name }
        }
    }

    /// Returns the ids of syncs.
    static func syncs(_ words: [String]) async -> [String] {
        await ask(words) { try await $0.syncs(limit: most).syncs.map(\.id) }
    }

    /// Returns the ids that events are about: cids of records and ids of syncs.
    static func resources(_ words: [String], _ prefix: String) async -> [String] {
        await ask(words) { client in
            let records = try await client.records(limit: 1000).records.map(\.cid)
            return records.filter { $0.hasBytePrefix(prefix) }.prefix(most)
                + (try await client.syncs(limit: most).syncs.map(\.id))
        }
    }

    /// Asks the gateway that the words of the command line, the environment and the file name.
    private static func ask(
        _ words: [String], _ question: @Sendable (DirectoryClient) async throws -> [String]
    ) async -> [String] {
        guard let client = try? client(words), let answers = try? await question(client) else {
            return []
        }
        var seen = Set<ExactString>()
        return answers.filter { word in
            // A word with controls would end the list, or the line.
            word.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
                && seen.insert(ExactString(word)).inserted
        }
    }

    private static func client(_ words: [String]) throws -> DirectoryClient {
        var options: [String] = []
        for flag in ["server-addr", "context", "auth-token", "auth-token-file", "tls-ca-file"] {
            for (index, word) in words.enumerated() {
                if word.hasBytes(of: "--\(flag)"), index + 1 < words.count {
                    options += [word, words[index + 1]]
                } else if word.hasBytePrefix("--\(flag)=") {
                    options.append(word)
                }
            }
        }
        var configuration = try ClientOptions.parse(options).settings()
            .configuration { _ in }
        configuration.timeout = timeout
        configuration.connectTimeout = timeout
        return DirectoryClient(configuration)
    }
}
