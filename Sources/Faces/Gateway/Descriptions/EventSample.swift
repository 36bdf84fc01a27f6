internal import Events
internal import Text

/// A type of event with what the description says of it, and an example.
struct EventSample: Sendable {
    let type: EventType
    /// A few words.
    let title: String
    /// When it is emitted, and its metadata.
    let summary: String
    private let resource: String
    private let labels: [String]
    private let metadata: [(String, JSON)]

    init(_ type: EventType) {
        self.type = type
        var resource = Samples.cid
        var labels: [String] = []
        var metadata: [(String, JSON)] = []
        let remote = ("remote_url", JSON.string("http://127.0.0.1:9000"))
        switch type {
        case .recordPushed:
            title = "A record was stored"
            summary =
                "Also when it was stored already. If a sync copied it, metadata has sync_id."
            labels = ["/skills/devops_mlops/deployment_orchestration"]
        case .recordPulled:
            title = "A client read the content of a record"
            summary = "Not for HEAD, a 304, a listing, or with peek=1."
            labels = ["/skills/devops_mlops/deployment_orchestration"]
        case .recordDeleted:
            title = "A record was deleted"
            summary = "Also of a record that was never stored. Without labels."
        case .recordPublished:
            title = "A record was published"
            summary = "Also when it was published already."
            labels = ["/skills/devops_mlops/deployment_orchestration"]
        case .recordUnpublished:
            title = "A record was unpublished"
            summary = "Also one that was never published. Without labels."
        case .syncCreated:
            title = "A sync was accepted"
            summary = "resource_id is the id of the sync; metadata has remote_url."
            (resource, metadata) = (Samples.syncID, [remote])
        case .syncCompleted:
            title = "A sync ended without an error"
            summary =
                "metadata has remote_url and record_count: the records that it copied."
            (resource, metadata) = (Samples.syncID, [remote, ("record_count", "5")])
        case .syncFailed:
            title = "A sync ended with an error"
            summary = "metadata has remote_url and error."
            (resource, metadata) = (
                Samples.syncID, [remote, ("error", "the remote does not respond")]
            )
        case .recordSigned:
            title = "A signature was stored for a record"
            summary = "metadata has signer (the fingerprint of the key) and algorithm."
            labels = ["/skills/devops_mlops/deployment_orchestration"]
            metadata = [("signer", .string(Samples.signer)), ("algorithm", "ECDSA-P-256")]
        case .publicKeyUploaded:
            title = "A public key was stored for a record"
            summary = "resource_id is the fingerprint of the key; metadata has record_cid."
            (resource, metadata) = (Samples.signer, [("record_cid", .string(Samples.cid))])
        }
        self.resource = resource
        self.labels = labels
        self.metadata = metadata
    }

    /// An event of this type, as JSON text.
    var json: String {
        var members: [(String, JSON)] = [
            ("id", .string(Samples.eventID)), ("type", .string(type.longName)),
            ("timestamp", .string(Samples.time)), ("resource_id", .string(resource)),
        ]
        if !labels.isEmpty { members.append(("labels", .strings(labels))) }
        if !metadata.isEmpty { members.append(("metadata", .object(metadata))) }
        return String(decoding: JSON.object(members).line, as: UTF8.self)
    }
}
