internal import HTTPTypes
internal import Text

/// The labels of a record as a field of a response's header.
enum LabelFields {
    /// The most bytes of labels in a header: proxies refuse headers beyond 4 KiB.
    private static let limit = 3 << 10
    private static let labels = HTTPField.Name("Directory-Labels")
    private static let truncated = HTTPField.Name("Directory-Labels-Truncated")

    /// Adds the labels as far as they fit, percent-encoded and separated by commas, and the number
    /// of those that do not. The work does not grow with the labels that are left out.
    static func add(_ all: [String], to fields: inout HTTPFields) {
        guard let labels, let truncated else { return }
        var text = ""
        var count = 0
        for label in all where label.utf8.count <= limit {
            // A structured list of strings (RFC 9651) cannot have every label, so they are percent-encoded.
            let item = PercentCoding.encode(label, allowing: UInt8(ascii: "/"))
            guard text.utf8.count + item.utf8.count + 2 <= limit else { break }
            text += (count == 0 ? "" : ", ") + item
            count += 1
        }
        fields[labels] = text
        if count < all.count { fields[truncated] = String(all.count - count) }
    }
}
