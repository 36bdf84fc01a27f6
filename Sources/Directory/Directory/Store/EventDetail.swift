internal import Events
internal import Text

/// The labels and metadata of an event, as the bytes of one column: the labels, then the keys and
/// values of the metadata in turn.
struct EventDetail {
    private let bytes: [UInt8]
    private let labels: [Range<Int>]
    private let metadata: [Range<Int>]

    /// Returns the bytes of an event's labels and metadata; none for an event without either.
    static func bytes(_ event: Event) -> [UInt8] {
        guard !event.labels.isEmpty || !event.metadata.isEmpty else { return [] }
        var bytes: [UInt8] = []
        TextList.append(event.labels, to: &bytes)
        TextList.append(event.metadata.flatMap { [$0.key, $0.value] }, to: &bytes)
        return bytes
    }

    /// Finds the texts. They are made only when they are needed.
    /// - Returns: nil when the bytes are damaged.
    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.isEmpty {
            (labels, metadata) = ([], [])
            return
        }
        var place = 0
        guard let labels = TextList.read(bytes, &place),
            let metadata = TextList.read(bytes, &place),
            place == bytes.count, metadata.count.isMultiple(of: 2)
        else { return nil }
        (self.labels, self.metadata) = (labels, metadata)
    }

    /// Returns whether one of the texts of a set occurs in one of the labels.
    func labelContains(_ set: SubstringSet) -> Bool {
        labels.contains { set.occurs(in: bytes[$0]) }
    }

    /// The labels.
    var labelTexts: [String] { labels.map(text) }

    /// The metadata.
    var metadataEntries: [Event.Metadatum] {
        stride(from: 0, to: metadata.count, by: 2).map { index in
            Event.Metadatum(text(metadata[index]), text(metadata[index + 1]))
        }
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }
}
