internal import Text

/// Where the next page of a listing begins: the row of the last item, which clients hand back as it
/// is.
enum Cursor {
    /// Writes a cursor.
    /// - Parameter mark: tells the cursors of one listing from those of another.
    static func text(_ row: Int64, mark: String) -> String { mark + String(row, radix: 36) }

    /// Reads a cursor.
    /// - Returns: nil when the text is no cursor of this listing.
    static func row(_ text: String, mark: String) -> Int64? {
        guard text.hasBytePrefix(mark), text.utf8.count <= 16 else { return nil }
        let row = Int64(String(Substring(text.utf8.dropFirst(mark.utf8.count))), radix: 36)
        return row.flatMap { $0 > 0 ? $0 : nil }
    }
}
