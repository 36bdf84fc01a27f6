internal import FoundationEssentials
internal import Glibc
internal import Text

/// What the system says about this process, for the metrics whose names start with `process_`.
struct ProcessFigures: Sendable {
    /// The processor time of the process, user and system.
    var cpu: Duration = .zero
    var residentBytes = 0
    var virtualBytes = 0
    var openDescriptors = 0
    var maxDescriptors = 0
    /// When the process started, seconds since 1970.
    var startTime = 0.0

    /// Reads the figures. Small files of `/proc`: not on a loop.
    @concurrent
    static func now() async -> ProcessFigures {
        var figures = ProcessFigures()
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            figures.cpu = duration(usage.ru_utime) + duration(usage.ru_stime)
        }
        let pages = words(of: "/proc/self/statm").compactMap { Int($0) }
        if pages.count > 1 {
            let pageSize = sysconf(Int32(_SC_PAGESIZE))
            (figures.virtualBytes, figures.residentBytes) = (
                pages[0] * pageSize, pages[1] * pageSize
            )
        }
        let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        figures.openDescriptors = descriptors?.count ?? 0
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            figures.maxDescriptors = Int(clamping: limit.rlim_cur)
        }
        figures.startTime = start
        return figures
    }

    private static func duration(_ time: timeval) -> Duration {
        .seconds(time.tv_sec) + .microseconds(time.tv_usec)
    }

    /// Field 22 of `/proc/self/stat`, in ticks since the boot of the system (proc(5)).
    private static let start: Double = {
        // The name of the program, in parentheses, may have spaces.
        let stat = text(of: "/proc/self/stat").fields(on: UInt8(ascii: ")")).last ?? ""
        let fields = stat.split(on: UInt8(ascii: " "))
        let boot = text(of: "/proc/stat").split(on: UInt8(ascii: "\n")).first {
            $0.hasBytePrefix("btime ")
        }
        let seconds = boot?.split(on: UInt8(ascii: " ")).last.flatMap { Double($0) }
        // The third field is the first after the name.
        guard let seconds, fields.count > 19, let ticks = Double(fields[19]) else { return 0 }
        return seconds + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }()

    private static func words(of path: String) -> [String] {
        text(of: path).split(on: UInt8(ascii: " "))
    }

    private static func text(of path: String) -> String {
        let data = try? Data(contentsOf: URL(filePath: path))
        return data.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
