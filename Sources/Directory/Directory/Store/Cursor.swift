internal import Text

/// The position of the next page of a listing: the row of the last item. Clients send it back
/// unchanged.
enum Cursor {
    /// Returns the text of a cursor.
    /// - Parameter mark: a prefix that is different for each listing.
    static func text(_ row: Int64, mark: String) -> String { mark + String(row, radix: 36) }

    /// Returns the row of a cursor; nil when the text is not a cursor of this listing.
    static func row(_ text: String, mark: String) -> Int64? {
        guard text.hasBytePrefix(mark), text.utf8.count <= 16 else { return nil }
        let row = Int64(String(Substring(text.utf8.dropFirst(mark.utf8.count))), radix: 36)
        return row.flatMap { $0 > 0 ? $0 : nil }
    }
}
