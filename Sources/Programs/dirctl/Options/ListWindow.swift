internal import ArgumentParser

/// A part of a list: what `--limit` and `--offset` say.
struct ListWindow {
    let limit: Int
    let offset: Int

    /// - Parameters:
    ///   - limit: the most items; 0 for all.
    ///   - offset: the items to leave out at the start.
    /// - Throws: `ValidationError` when a number is negative.
    init(limit: Int, offset: Int = 0) throws {
        guard limit >= 0 else { throw ValidationError("--limit must not be negative") }
        guard offset >= 0 else { throw ValidationError("--offset must not be negative") }
        self.limit = limit == 0 ? .max : limit
        self.offset = offset
    }

    /// The number of items up to the end of the part.
    var end: Int {
        let (sum, overflow) = offset.addingReportingOverflow(limit)
        return overflow ? .max : sum
    }

    /// Returns the part.
    func part<T>(of items: [T]) -> [T] { Array(items.dropFirst(offset).prefix(limit)) }
}
