import Glibc

/// The target that `FUZZ_TARGET` names. libFuzzer has the program's `main`, and its flags.
private let target: FuzzTarget = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget.named(name) else {
        print("FUZZ_TARGET must be one of \(FuzzTarget.all.map(\.name).joined(separator: " "))")
        exit(2)
    }
    return target
}()

/// The most that reading an input of 64 KiB may cost, in seconds of this thread on a core: a machine
/// that is busy with something else finds nothing.
private let mostSeconds = 1.0

/// The most that an input has cost so far. libFuzzer has one thread.
nonisolated(unsafe) private var slowest = 0.0

/// Reads one input, and now and then a long one made of it, so that what costs the square of a
/// length is found although libFuzzer prefers short inputs.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    _ = run(input)
    if target.isFromStrangers, let amplifier = Amplifier(input) { runLong(amplifier) }
    return 0
}

/// Four times the length may cost four times as much, not sixteen times.
private func runLong(_ amplifier: Amplifier) {
    if amplifier.isChosen(oneOf: 128) { _ = run(amplifier.repeated(to: 64 << 10)) }
    let (short, long) = (amplifier.repeated(to: 4 << 10), amplifier.repeated(to: 16 << 10))
    // What is quick is noise, and so is what is not slow again.
    guard run(long) > 0.01 else { return }
    let pairs = (0..<3).map { _ in (run(short), run(long)) }
    guard let least = pairs.map(\.0).min(), let most = pairs.map(\.1).min(), most > least * 10
    else {
        return
    }
    fatalError("\(target.name): 4 KiB took \(least) s, 16 KiB of the same \(most) s")
}

/// Returns what the input cost.
private func run(_ input: [UInt8]) -> Double {
    let before = threadSeconds()
    do { try target.check(input) } catch { fatalError("\(target.name): \(error)") }
    let seconds = threadSeconds() - before
    if seconds > slowest {
        slowest = seconds
        print("slowest: \(Int(seconds * 1000)) ms for \(input.count) bytes")
        // libFuzzer leaves without.
        fflush(nil)
    }
    if seconds > mostSeconds {
        fatalError("\(target.name): \(input.count) bytes took \(seconds) s")
    }
    return seconds
}

private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
