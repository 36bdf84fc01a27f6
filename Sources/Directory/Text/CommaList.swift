extension String {
    /// The items of a comma-separated list, without the spaces, tabs and line ends around them and
    /// without empty ones (lists of RFC 9110 §5.6.1).
    public var commaSeparated: [String] {
        split(on: UInt8(ascii: ",")).map(\.trimmedASCII).filter { !$0.utf8.isEmpty }
    }
}

extension Sequence<String> {
    /// The items of comma-separated lists, in order.
    public var commaSeparated: [String] { flatMap(\.commaSeparated) }
}
