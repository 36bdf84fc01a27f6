internal import Text

extension Event {
    /// Returns one line of compact JSON. Keys are in the order of the contract, without empty members.
    public func json() -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(256 + labels.reduce(0) { $0 + $1.utf8.count + 3 })
        out += "{\"id\":\"".utf8
        id.append(to: &out)
        out += "\",\"type\":\"".utf8
        out += type.longName.utf8
        out += "\",\"timestamp\":\"".utf8
        Timestamp.append(timestamp, to: &out)
        out += "\",\"resource_id\":".utf8
        JSONText.append(resourceID, to: &out)
        if !labels.isEmpty {
            out += ",\"labels\":".utf8
            for (index, label) in labels.enumerated() {
                out.append(UInt8(ascii: index == 0 ? "[" : ","))
                JSONText.append(label, to: &out)
            }
            out.append(UInt8(ascii: "]"))
        }
        if !metadata.isEmpty {
            out += ",\"metadata\":".utf8
            for (index, datum) in metadata.enumerated() {
                out.append(UInt8(ascii: index == 0 ? "{" : ","))
                JSONText.append(datum.key, to: &out)
                out.append(UInt8(ascii: ":"))
                JSONText.append(datum.value, to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
        out.append(UInt8(ascii: "}"))
        return out
    }
}

/// Reading an event. Not with `JSONDecoder`, which compares keys as characters, not as bytes.
extension Event {
    /// Reads what `json()` writes.
    ///
    /// Unknown members are ignored; labels and metadata may be missing.
    /// - Returns: nil when it is not an event, or has a type that this version does not know.
    public init?(json: [UInt8]) {
        guard let event = try? JSONParser.parse(json, valueLimit: JSONParser.standardValueLimit),
            let id = event["id"]?.string.flatMap({ EventID($0) }),
            let name = event["type"]?.string,
            let type = EventType.allCases.first(where: { name.hasBytes(of: $0.longName) }),
            let timestamp = event["timestamp"]?.string.flatMap(Timestamp.parse),
            let resourceID = event["resource_id"]?.string,
            let labels = Self.strings(event["labels"]),
            let metadata = Self.metadata(event["metadata"])
        else { return nil }
        self.init(
            id: id, type: type, timestamp: timestamp, resourceID: resourceID, labels: labels,
            metadata: metadata)
    }

    /// Returns the strings of an array, none for a missing value; nil when the value is not an array of
    /// strings.
    private static func strings(_ value: JSONValue?) -> [String]? {
        switch value {
        case nil, .null: return []
        case .array(let elements):
            let strings = elements.compactMap(\.string)
            return strings.count == elements.count ? strings : nil
        default: return nil
        }
    }

    /// Returns the members in the order of the bytes of their keys, none for a missing value; nil when
    /// one is not a string.
    private static func metadata(_ value: JSONValue?) -> [Metadatum]? {
        switch value {
        case nil, .null: return []
        case .object(let members):
            let metadata = members.compactMap { member in
                member.value.string.map { Metadatum(member.key, $0) }
            }
            return metadata.count == members.count ? metadata : nil
        default: return nil
        }
    }
}
