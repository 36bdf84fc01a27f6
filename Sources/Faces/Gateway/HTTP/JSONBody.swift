internal import Text

/// Reads members of a JSON body. The problems name the member.
extension JSONValue {
    /// Returns a member that is a string and not empty; nil when it is not there.
    func text(_ key: String, isRequired: Bool = false) throws(Problem) -> String? {
        guard let value = self[key] else {
            if isRequired {
                throw Problem.invalid(
                    "The member \(key) is missing.", remedy: "Send it as a string.")
            }
            return nil
        }
        guard let text = value.string, !text.isEmpty else {
            throw Problem.invalid(
                "The member \(key) must be a string that is not empty.",
                remedy: "Send a string that is not empty.")
        }
        return text
    }

    /// Returns a member that is an array of strings, and not empty; nil when it is not there.
    func strings(_ key: String) throws(Problem) -> [String]? {
        guard let value = self[key] else { return nil }
        guard let elements = value.array else {
            throw Problem.invalid(
                "The member \(key) is \(value.kind), not an array.",
                remedy: "Send an array of strings.")
        }
        let strings = elements.compactMap(\.string).filter { !$0.isEmpty }
        guard strings.count == elements.count, !strings.isEmpty else {
            throw Problem.invalid(
                "The member \(key) must have at least one string, and no empty one.",
                remedy: "Send an array of strings.")
        }
        return strings
    }
}
