internal import Authentication
internal import Directory
internal import Events
internal import Text
internal import Webhooks

/// What a request says about a webhook. A member that is nil is not given; one that is `.some(nil)` is
/// to be reset.
struct WebhookDraft: Sendable {
    private var url: String?
    private var types: [EventType]??
    private var labels: [String]??
    private var cids: [String]??
    private var format: WebhookFormat?
    private var description: String??
    private var fields: [WebhookSettings.Field]?

    /// Reads the members of a body.
    /// - Parameter isPatch: whether members may be missing, or null.
    init(_ body: JSONValue, isPatch: Bool = false) throws(Problem) {
        url = try body.text("url", isRequired: !isPatch)
        func isReset(_ key: String) -> Bool {
            guard isPatch, case .null? = body[key] else { return false }
            return true
        }
        types = isReset("types") ? .some(nil) : try Self.types(body).map { .some($0) }
        labels = isReset("labels") ? .some(nil) : try Self.labels(body).map { .some($0) }
        cids = isReset("cids") ? .some(nil) : try body.strings("cids").map { .some($0) }
        format = isReset("format") ? .standard : try Self.format(body)
        description =
            isReset("description") ? .some(nil) : try body.text("description").map { .some($0) }
        fields = isReset("headers") ? [] : try Self.fields(body)
    }

    /// Returns the settings of a new webhook.
    func settings(for subject: Subject) throws(Problem) -> WebhookSettings {
        var settings = WebhookSettings(url: url ?? "", restriction: subject.restriction)
        apply(to: &settings)
        return settings
    }

    /// Changes the settings of a webhook.
    func apply(to settings: inout WebhookSettings) {
        if let url { settings.url = url }
        let asked = settings.asked
        settings.asked = EventFilter(
            types: (types ?? asked.types?.types) ?? [], labels: (labels ?? asked.labels) ?? [],
            cids: (cids ?? asked.cids) ?? [])
        if let format { settings.format = format }
        if let description { settings.description = description }
        if let fields {
            let before = settings.fields
            settings.fields = fields.map { Self.kept($0, before) }
        }
    }

    /// What a response shows instead of the value of a header field.
    static let hiddenValue = "***"

    /// Returns a field; with the value it had before, if what it has now is what a response has shown of it.
    private static func kept(
        _ field: WebhookSettings.Field, _ before: [WebhookSettings.Field]
    ) -> WebhookSettings.Field {
        guard field.value.hasBytes(of: hiddenValue),
            let old = before.first(where: { $0.name.equalsIgnoringASCIICase(field.name) })
        else { return field }
        return WebhookSettings.Field(name: field.name, value: old.value)
    }

    private static func types(_ body: JSONValue) throws(Problem) -> [EventType]? {
        guard let names = try body.strings("types") else { return nil }
        var types: [EventType] = []
        for name in names {
            guard let type = EventType(name: name) else {
                let known = EventType.allCases.map(\.shortName)
                let hint = nearest(to: name, in: known).map { ", did you mean '\($0)'?" } ?? "."
                throw .invalid(
                    "The member types has the unknown event type '\(name.clipped(to: 64))'\(hint)",
                    remedy: "Allowed types: \(known.joined(separator: ", ")).")
            }
            types.append(type)
        }
        return types
    }

    /// The most bytes of one label, as in the filter of a stream.
    private static let labelBytes = 256

    private static func labels(_ body: JSONValue) throws(Problem) -> [String]? {
        guard let labels = try body.strings("labels") else { return nil }
        guard labels.allSatisfy({ $0.utf8.count <= labelBytes }) else {
            throw .invalid(
                "The member labels has a label that is longer than \(labelBytes) bytes.",
                remedy: "Use a shorter part of the label.")
        }
        return labels
    }

    private static func format(_ body: JSONValue) throws(Problem) -> WebhookFormat? {
        guard let name = try body.text("format") else { return nil }
        guard let format = WebhookFormat.allCases.first(where: { $0.name.hasBytes(of: name) })
        else {
            let known = WebhookFormat.allCases.map(\.name)
            throw .invalid(
                "The member format is '\(name.clipped(to: 64))'.",
                remedy: "Use one of \(known.joined(separator: ", ")).")
        }
        return format
    }

    private static func fields(_ body: JSONValue) throws(Problem) -> [WebhookSettings.Field]? {
        guard let value = body["headers"] else { return nil }
        let fields = value.members?.compactMap { member in
            member.value.string.map { WebhookSettings.Field(name: member.key, value: $0) }
        }
        guard let fields, fields.count == value.members?.count else {
            throw .invalid(
                "The member headers must be an object of strings.",
                remedy: "Send {\"Name\":\"value\"}.")
        }
        return fields
    }

    /// Returns a member that is a whole number from 1; nil when it is not there.
    static func number(_ body: JSONValue, _ key: String) throws(Problem) -> Int64? {
        guard let value = body[key] else { return nil }
        guard let number = value.number.flatMap({ Int64(exactly: $0) }), number > 0 else {
            throw .invalid(
                "The member \(key) is not a whole number from 1.", remedy: "Send a number.")
        }
        return number
    }

    /// Returns the row after which a page of webhooks begins.
    static func row(_ query: Query) throws(Problem) -> Int64 {
        guard let text = try query.single("after") else { return 0 }
        guard let row = Int64(text), row > 0 else {
            throw .invalid(
                "The parameter after is '\(text.clipped(to: 64))'.",
                remedy: "Use next of the previous page.")
        }
        return row
    }

    /// Returns which attempts are asked for; nil for all.
    static func isSuccess(_ query: Query) throws(Problem) -> Bool? {
        guard let text = try query.single("state") else { return nil }
        if text.hasBytes(of: "succeeded") { return true }
        if text.hasBytes(of: "failed") { return false }
        throw .invalid(
            "The parameter state is '\(text.clipped(to: 64))'.", remedy: "Use succeeded or failed.")
    }
}
