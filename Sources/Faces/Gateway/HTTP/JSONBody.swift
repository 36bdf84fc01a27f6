internal import Text

/// Members of a JSON body, with problems that name them.
extension JSONValue {
    /// A member that is a string and not empty.
    func text(_ key: String, isRequired: Bool = false) throws(Problem) -> String? {
        guard let value = self[key] else {
            if isRequired {
                throw Problem.invalid(
                    "The member \(key) is missing.", remedy: "Give it as a string.")
            }
            return nil
        }
        guard let text = value.string, !text.isEmpty else {
            throw Problem.invalid(
                "The member \(key) must be a string that is not empty.", remedy: "Correct it.")
        }
        return text
    }

    /// A member that is an array of strings, and not empty; nil when it is not there.
    func strings(_ key: String) throws(Problem) -> [String]? {
        guard let value = self[key] else { return nil }
        guard let elements = value.array else {
            throw Problem.invalid(
                "The member \(key) is \(value.kind).", remedy: "Give an array of strings.")
        }
        let strings = elements.compactMap(\.string).filter { !$0.isEmpty }
        guard strings.count == elements.count, !strings.isEmpty else {
            throw Problem.invalid(
                "The member \(key) must hold strings that are not empty, at least one.",
                remedy: "Give an array of strings.")
        }
        return strings
    }
}
