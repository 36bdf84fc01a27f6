// Usage: bench-micro WORK SIZE COUNT
//
// Prepares WORK for a world of SIZE and does it COUNT times inside `bench_measured`, so that
// `valgrind --tool=callgrind --toggle-collect=bench_measured` counts the instructions of the work
// alone. `micro.py` runs the list.

internal import Glibc

nonisolated(unsafe) private var measured: () -> Void = {}

@c(bench_measured) @inline(never)
public func benchMeasured() { measured() }

let words = CommandLine.arguments.dropFirst()
guard words.count == 3, let work = Work.all[words[1]], let size = Int(words[2]),
    let count = Int(words[3])
else {
    print("usage: bench-micro \(Work.all.keys.sorted().joined(separator: "|")) SIZE COUNT")
    exit(64)
}
let once = work(size)
once(0)  // what is made on first use is made now
measured = { for number in 1...count { once(number) } }
benchMeasured()
