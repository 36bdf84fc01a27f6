internal import Directory
internal import Events
internal import Records
internal import Text

/// The keys that were pushed last, each with its record: the event of a signature names the key that has
/// made it, and the event of a key is emitted once for each record.
actor SignerMemory {
    private struct Entry {
        let cid: String
        let key: PublicKey
    }

    private static let limit = 256
    private var entries: [Entry] = []

    /// Returns the events of a referrer that was pushed; none for types without events.
    func drafts(for referrer: Referrer) -> [EventDraft] {
        let cid = referrer.recordCID
        if referrer.type.hasBytes(of: Referrer.keyType) {
            guard let pem = referrer.data?["key"]?.string, let key = try? PublicKey(pem: pem) else {
                return []
            }
            guard remember(key, of: cid) else { return [] }
            return [
                EventDraft(
                    .publicKeyUploaded, key.fingerprint, metadata: [.init("record_cid", cid)])
            ]
        }
        guard referrer.type.hasBytes(of: Referrer.signatureType) else { return [] }
        let signature = referrer.data?["signature"]?.string ?? ""
        let signer = entries.last { entry in
            entry.cid.hasBytes(of: cid) && (try? entry.key.verifies(signature, of: cid)) == true
        }
        var metadata: [Event.Metadatum] = []
        if let key = signer?.key {
            metadata = [.init("signer", key.fingerprint), .init("algorithm", key.algorithm)]
        } else if let algorithm = referrer.data?["algorithm"]?.string {
            metadata = [.init("algorithm", algorithm.clipped(to: 64))]
        }
        return [EventDraft(.recordSigned, cid, metadata: metadata)]
    }

    /// - Returns: false when the key is remembered for this record already.
    private func remember(_ key: PublicKey, of cid: String) -> Bool {
        let isKnown = entries.contains {
            $0.cid.hasBytes(of: cid) && $0.key.fingerprint.hasBytes(of: key.fingerprint)
        }
        guard !isKnown else { return false }
        if entries.count == Self.limit { entries.removeFirst() }
        entries.append(Entry(cid: cid, key: key))
        return true
    }
}
