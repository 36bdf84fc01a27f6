public import Directory
internal import Events
internal import Outbound
internal import Text

/// What clients may set.
public enum WebhookRules {
    private static let fieldLimit = 20
    private static let nameLimit = 128
    private static let valueLimit = 4096
    private static let descriptionLimit = 1024
    /// The most filter items of a webhook.
    public static let filterItemLimit = 1000

    /// Fields that the gateway sets, or that belong to the connection (RFC 9110 §7.6.1).
    private static let forbidden = [
        "connection", "content-encoding", "content-length", "content-type", "cookie", "expect",
        "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
    ]
    private static let forbiddenPrefixes = ["proxy-", "webhook-"]
    private static let tokenMarks = Set("!#$%&'*+-.^_`|~".utf8)

    /// Checks settings, but not where the URL leads.
    /// - Throws: `WebhookError.invalid`.
    public static func check(_ settings: WebhookSettings) throws(WebhookError) {
        do { _ = try OutboundURL(settings.url) } catch {
            throw .invalid(member: "url", reason: error.reason)
        }
        if let text = settings.description {
            guard text.utf8.count <= descriptionLimit else {
                throw .invalid(
                    member: "description", reason: "is longer than \(descriptionLimit) bytes")
            }
        }
        guard settings.asked.itemCount <= filterItemLimit else {
            throw .invalid(
                member: "types, labels and cids",
                reason: "have more than \(filterItemLimit) items together")
        }
        guard settings.fields.count <= fieldLimit else {
            throw .invalid(member: "headers", reason: "has more than \(fieldLimit) fields")
        }
        for field in settings.fields { try check(field) }
        for (index, field) in settings.fields.enumerated() {
            let others = settings.fields[..<index]
            if others.contains(where: { $0.name.equalsIgnoringASCIICase(field.name) }) {
                throw .invalid(member: "headers", reason: "has \(field.name) twice")
            }
        }
    }

    private static func check(_ field: WebhookSettings.Field) throws(WebhookError) {
        let name = field.name.lowercasedASCII
        let shown = field.name.clipped(to: 64)
        guard (1...nameLimit).contains(name.utf8.count),
            name.utf8.allSatisfy({
                ASCII.isLetter($0) || ASCII.isDigit($0) || tokenMarks.contains($0)
            })
        else { throw .invalid(member: "headers", reason: "has '\(shown)', which is not a name") }
        guard !forbidden.contains(bytesOf: name),
            !forbiddenPrefixes.contains(where: name.hasBytePrefix)
        else {
            throw .invalid(member: "headers", reason: "has \(shown), which the gateway sets itself")
        }
        guard (1...valueLimit).contains(field.value.utf8.count),
            field.value.utf8.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }),
            field.value.utf8.first != 0x20, field.value.utf8.last != 0x20
        else {
            throw .invalid(
                member: "headers",
                reason: "has a value of \(shown) that is not 1 to \(valueLimit) visible characters")
        }
    }
}
