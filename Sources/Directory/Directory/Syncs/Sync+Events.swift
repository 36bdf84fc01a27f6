internal import Events
internal import Text

/// The events of a sync, and its reason of failure.
extension Sync {
    /// Returns an event of this sync.
    /// - Parameter more: a further entry of metadata, which is in the order of its keys.
    func event(_ type: EventType, _ more: (String, String)? = nil) -> EventDraft {
        var metadata = [Event.Metadatum("remote_url", remoteURL)]
        if let (key, value) = more { metadata.append(.init(key, value)) }
        return EventDraft(
            type, id,
            metadata: metadata.sorted {
                $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
            })
    }

    /// Returns why the sync has failed, for an operator.
    func reason(of error: any Error) -> String {
        switch error {
        case let error as RemoteError: "\(remoteURL): \(error.reason.clipped(to: 1000))"
        case let error as DirectoryError: "this gateway could not store a record: \(error)"
        default: "\(error)"
        }
    }
}
