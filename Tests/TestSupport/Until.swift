/// Waits for a condition, looking every 2 ms.
/// - Parameters:
///   - limit: the longest time; long, because the machine may be busy.
/// - Throws: when the time is over, with the place of the call.
public func until(
    within limit: Duration = .seconds(180), file: StaticString = #fileID, line: UInt = #line,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw SocketClient.Failure(
                description: "\(file):\(line): the condition does not hold within \(limit)")
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}
