internal import Text

extension Event {
    /// One line of compact JSON, keys in the order of the contract, empty ones left out.
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
