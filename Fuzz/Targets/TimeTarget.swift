import Text

@testable import DirectoryClient
@testable import Records

/// Checks that a time is written as it is read, and that the two readers of times and the numbers of
/// a header agree with what a time is.
func checkTime(_ input: [UInt8]) throws {
    let given = text(input)
    if let time = Timestamp.parse(given) {
        try require(DateTime.isValid(given), "\(given) is no day of the calendar")
        let written = Timestamp.format(time)
        try require(DateTime.isValid(written), "\(given) is written \(written)")
        try require(Timestamp.parse(written) == time, "\(given) is read back from \(written)")
    }
    if let duration = DurationText.parse(given, bareUnit: .seconds(1)) {
        let written = DurationText.format(duration)
        try require(DurationText.parse(written) == duration, "\(given) is written \(written)")
    }
    if let seconds = HeaderNumber.seconds(given) {
        try require(
            (.zero...HeaderNumber.longest).contains(seconds), "\(given) is \(seconds) seconds")
    }
    let idle = HeaderNumber.idleTimeout(given)
    try require((.seconds(5)...HeaderNumber.longest * 3).contains(idle), "silence of \(idle)")
}
