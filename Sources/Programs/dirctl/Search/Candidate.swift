internal import DirectoryClient
internal import Text

/// A record that may match a search.
struct Candidate: Sendable {
    let summary: RecordSummary
    /// The content; nil when no condition needs it.
    let content: JSONValue?

    /// The names of the authors.
    var authors: [String] { strings(content?["authors"]) }
    var description: String { content?["description"]?.string ?? "" }
    /// The annotations, as `key:value`.
    var annotations: [String] {
        (content?["annotations"]?.members ?? []).compactMap { member in
            member.value.string.map { "\(member.key):\($0)" }
        }
    }

    /// Returns the numbers of skills, domains or modules, as text.
    func ids(_ kind: String) -> [String] {
        (content?[kind]?.array ?? []).compactMap { element in
            element["id"]?.number.flatMap { Int(exactly: $0) }.map(String.init)
        }
    }

    /// Returns the names in the labels of a kind: `/skills/`.
    func names(_ kind: String) -> [String] {
        summary.labels.filter { $0.hasBytePrefix(kind) }
            .map { String(decoding: $0.utf8.dropFirst(kind.utf8.count), as: UTF8.self) }
    }

    private func strings(_ value: JSONValue?) -> [String] {
        (value?.array ?? []).compactMap(\.string)
    }
}
