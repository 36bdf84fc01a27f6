internal import HTTPTypes
internal import Text

/// What the table of routes does not say of a route: schemas, examples and problems.
///
/// Each route has one, and no route has two: a test compares them, with their parameters, members
/// and responses. Schemas and examples are JSON text, so that their members keep their order.
struct RouteDescription: Sendable {
    let method: HTTPRequest.Method
    let pattern: String
    /// The `operationId`: a verb and a noun, such as `listRecords`.
    let id: String
    /// The chapter.
    let group: Group
    /// More than the summary of the route says: Markdown.
    let text: String
    /// Parameters of the path and of the query, by name.
    let parameters: [(name: String, value: Value)]
    /// Fields of the header that a request may have.
    let fields: [Field]
    /// The bodies of a request, one for each media type.
    let request: [Content]
    /// The bodies and fields of the responses of success, by status.
    let responses: [Response]
    /// The types of problems of this operation, besides those that `OpenAPI` derives from the route.
    let problems: [String]

    /// The chapters, in their order.
    enum Group: Sendable, CaseIterable {
        case events
        case records
        case publications
        case signatures
        case syncs
        case webhooks
        case access
        case operation

        /// The title of the chapter.
        var name: String { texts.name }
        /// One sentence for the document.
        var summary: String { texts.summary }

        private var texts: (name: String, summary: String) {
            switch self {
            case .events: ("Events", "The stream of events, and the event log.")
            case .records: ("Records", "Storing, finding, reading and deleting records.")
            case .publications: ("Publications", "Announcing records, and withdrawing them.")
            case .signatures: ("Signatures", "Signing records, and checking signatures.")
            case .syncs: ("Syncs", "Copying the records of another gateway.")
            case .webhooks: ("Webhooks", "Events as requests to an address of yours.")
            case .access: ("Access", "The sign-in of browsers, while auth.mode is token.")
            case .operation:
                ("Operation", "Health, metrics, subscribers, and the descriptions.")
            }
        }
    }

    /// A value of a parameter, a field or a body.
    struct Value: Sendable {
        /// A schema, as JSON text.
        let schema: String
        /// An example, as JSON text.
        let example: String
        /// What it means, where the table of routes does not say it: of a parameter of a path.
        let meaning: String

        init(_ schema: String, example: String, meaning: String = "") {
            self.schema = schema
            self.example = example
            self.meaning = meaning
        }
    }

    /// A field of a header.
    struct Field: Sendable {
        let name: String
        let meaning: String
        let value: Value

        init(_ name: String, _ meaning: String, _ value: Value) {
            self.name = name
            self.meaning = meaning
            self.value = value
        }
    }

    /// A body of one media type.
    struct Content: Sendable {
        let type: String
        let value: Value

        init(_ type: String, _ value: Value) {
            self.type = type
            self.value = value
        }

        /// Returns a JSON body with a schema of `Schemas`.
        static func json(_ name: String, example: String) -> Content {
            Content("application/json", .named(name, example: example))
        }
    }

    /// A response of success.
    struct Response: Sendable {
        let status: Int
        let content: [Content]
        let fields: [Field]

        init(_ status: Int, _ content: Content..., fields: [Field] = []) {
            self.status = status
            self.content = content
            self.fields = fields
        }
    }

    init(
        _ method: HTTPRequest.Method, _ pattern: String, id: String, _ group: Group,
        _ text: String = "", parameters: [(name: String, value: Value)] = [],
        fields: [Field] = [], request: [Content] = [], responses: [Response],
        problems: [String] = []
    ) {
        self.method = method
        self.pattern = pattern
        self.id = id
        self.group = group
        self.text = text
        self.parameters = parameters
        self.fields = fields
        self.request = request
        self.responses = responses
        self.problems = problems
    }

    /// Every description. A room of the table of routes has a list of its own.
    static let all: [RouteDescription] =
        events + records + publications + signatures + syncs + webhooks + webhookActions + session
        + operation

    /// Returns the description of a route; nil when it has none.
    static func of(_ method: HTTPRequest.Method, _ pattern: String) -> RouteDescription? {
        all.first {
            $0.method.rawValue.hasBytes(of: method.rawValue) && $0.pattern.hasBytes(of: pattern)
        }
    }

    /// The problems of an operation that reads the store.
    static let storeProblems = ["store-unavailable", "cancelled"]
}

extension RouteDescription.Value {
    /// Returns a value with a schema of `Schemas`.
    static func named(_ name: String, example: String, meaning: String = "")
        -> RouteDescription.Value
    {
        .init(
            "{\"$ref\":\"#/components/schemas/\(name)\"}", example: example, meaning: meaning)
    }

    /// Returns a text with an example.
    static func text(_ example: String) -> RouteDescription.Value {
        .init(#"{"type":"string"}"#, example: "\"\(example)\"")
    }

    /// Returns a list, its items separated by commas.
    /// - Parameters:
    ///   - item: the schema of an item.
    ///   - most: the most items.
    ///   - example: one item, as JSON text.
    static func list(
        _ item: String = #"{"type":"string"}"#, most: Int = 1000, example: String
    ) -> RouteDescription.Value {
        .init(#"{"type":"array","items":\#(item),"maxItems":\#(most)}"#, example: "[\(example)]")
    }

    /// The cid of a record.
    static let cid = named(
        "CID", example: "\"\(Samples.cid)\"", meaning: "the cid of the record")

    /// The most items of a page.
    static let limit = RouteDescription.Value(
        #"{"type":"integer","minimum":1,"maximum":1000,"default":100}"#, example: "10")

    /// A time in the past, or how long ago.
    static let since = RouteDescription.Value(
        #"{"anyOf":[{"type":"string","format":"date-time"},{"type":"string","pattern":"^[0-9]{1,9}(ms|s|m|h|d)$"}]}"#,
        example: #""10m""#)

    /// The id of an event.
    static let eventID = named("EventID", example: "\"\(Samples.eventID)\"")
}
