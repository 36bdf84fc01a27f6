internal import DirectoryClient
internal import Text

/// What a record must have: one of some items, in one of its texts.
struct Condition: Sendable {
    /// The lists as they were given; commas separate items.
    let lists: [String]
    /// Whether the listing does not have the texts, so that the content must be read.
    let needsContent: Bool
    private let test: @Sendable (Candidate) -> Bool

    init(
        _ lists: [String], _ kind: TextPattern.Kind, needsContent: Bool = false,
        _ texts: @escaping @Sendable (Candidate) -> [String]
    ) {
        self.lists = lists
        self.needsContent = needsContent
        let pattern = TextPattern(lists.commaSeparated, kind)
        test = { pattern.matches(oneOf: texts($0)) }
    }

    /// Makes the condition that a label of a kind, such as `/skills/`, begins with one of the items, or
    /// is one of the items with wildcards.
    init(_ lists: [String], labels kind: String) {
        self.lists = lists
        needsContent = false
        let pattern = TextPattern(lists.commaSeparated.map { kind + $0 }, .exactPart)
        test = { pattern.matches(oneOf: $0.summary.labels) }
    }

    /// Makes a condition on what the listing has.
    init(_ test: @escaping @Sendable (Candidate) -> Bool) {
        (lists, needsContent) = ([], false)
        self.test = test
    }

    /// Whether the flag was given.
    var isGiven: Bool { !lists.isEmpty }

    /// Returns whether a record meets the condition.
    func matches(_ candidate: Candidate) -> Bool { test(candidate) }

    /// Makes the condition that each word occurs in the name, the description, an author or a skill.
    static func words(_ words: [String]) -> [Condition] {
        words.map { word in
            Condition(literal: word) { candidate in
                [candidate.summary.name, candidate.description] + candidate.authors
                    + candidate.names("/skills/")
            }
        }
    }

    private init(
        literal word: String, _ texts: @escaping @Sendable (Candidate) -> [String]
    ) {
        lists = [word]
        needsContent = true
        let pattern = TextPattern(words: [word])
        test = { pattern.matches(oneOf: texts($0)) }
    }
}
