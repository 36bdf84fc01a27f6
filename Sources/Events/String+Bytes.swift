extension String {
    /// Whether two texts are the same bytes. `==` also takes two spellings of one character for the
    /// same; comparing the views element by element costs some ninety instructions a byte.
    package func hasBytes(of other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let answer = utf8.withContiguousStorageIfAvailable { bytes in
            other.utf8.withContiguousStorageIfAvailable { others in
                for index in bytes.indices where bytes[index] != others[index] { return false }
                return true
            }
        }
        return (answer ?? nil) ?? utf8.elementsEqual(other.utf8)
    }
}
