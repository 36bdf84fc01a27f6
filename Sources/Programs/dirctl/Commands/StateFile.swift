internal import DirectoryClient
internal import Events
internal import Glibc
internal import Text

/// A file with the place of a listener: the id of its last event, or, before the first one, the time
/// from which it has listened.
///
/// The place is written after the event was printed, so a listener that is killed between prints that
/// event again; none is left out.
final class StateFile {
    private let descriptor: Int32
    private let path: String
    /// The place in the file; nil in a new file.
    let start: StreamStart?
    /// Whether the file has the id of an event.
    private var hasID = false

    /// Opens a file, and creates it when it is missing.
    /// - Throws: `Exit.Failure` when it cannot be used, has something else in it, or another listener
    ///   uses it.
    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw Exit.Failure(
                message: "\(path) cannot be used: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw Exit.Failure(message: "another listener keeps its place in \(path)")
        }
        // An id has 36 characters, a time 27.
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).trimmedASCII
        if let id = EventID(text) {
            start = .after(id.description)
            hasID = true
        } else if let time = Timestamp.parse(text) {
            start = .since(time)
        } else if text.isEmpty {
            start = nil
        } else {
            throw Exit.Failure(
                message: "\(path) is not a file of --state: name another one, or remove it",
                code: .usage)
        }
    }

    deinit { close(descriptor) }

    /// Writes that the stream is open from a time on, microseconds since 1970, if there was no event.
    /// - Throws: `Exit.Failure` when it cannot be written.
    func opened(at time: Int64) throws {
        guard start == nil, !hasID else { return }
        try write(Timestamp.format(time))
    }

    /// Writes the id of an event that was printed; ignores what is not an id.
    /// - Throws: `Exit.Failure` when it cannot be written.
    func printed(_ id: String) throws {
        guard let id = EventID(id) else { return }
        hasID = true
        try write(id.description)
    }

    /// Replaces the content in one step, which leaves the old or the new place.
    private func write(_ place: String) throws {
        let bytes = Array("\(place)\n".utf8)
        guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count,
            ftruncate(descriptor, off_t(bytes.count)) == 0
        else {
            throw Exit.Failure(
                message: "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }
}
