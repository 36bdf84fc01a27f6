internal import CZlib

/// Compression with gzip (RFC 1952), within a bound: a few bytes can stand for gigabytes.
public enum Gzip {
    /// Why bytes cannot be decompressed.
    public enum Failure: Error, Equatable {
        /// They are not one complete gzip stream with correct checksum.
        case malformed
        /// What they stand for is longer than the limit.
        case tooLarge
    }

    /// The window of 32 KiB, and 16 for the header of gzip (zlib manual, `inflateInit2`).
    private static let windowBits: Int32 = 15 + 16
    /// The bytes of one step.
    private static let step = 32 << 10

    /// Returns what `bytes` stand for. The cost is bounded by `limit`, whatever they are.
    /// - Parameter limit: the most bytes to return.
    /// - Throws: `Failure`.
    public static func decompress(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        var stream = unsafe z_stream()
        guard unsafe czlib_inflate_init(&stream, windowBits) == Z_OK else { throw .malformed }
        defer { unsafe inflateEnd(&stream) }
        var input = bytes
        let result = unsafe input.withUnsafeMutableBufferPointer { input in
            unsafe run(&stream, input, limit: limit) { unsafe inflate(&$0, Z_NO_FLUSH) }
        }
        let output = try result.get()
        guard unsafe stream.avail_in == 0 else { throw .malformed }
        return output
    }

    /// Returns `bytes` as one gzip stream; nil when there is no memory for it.
    public static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = unsafe z_stream()
        guard unsafe czlib_deflate_init(&stream, Z_BEST_SPEED, windowBits) == Z_OK else {
            return nil
        }
        defer { unsafe deflateEnd(&stream) }
        var input = bytes
        let result = unsafe input.withUnsafeMutableBufferPointer { input in
            unsafe run(&stream, input, limit: .max) { unsafe deflate(&$0, Z_FINISH) }
        }
        return try? result.get()
    }

    /// Calls zlib until the stream has ended.
    private static func run(
        _ stream: inout z_stream, _ input: UnsafeMutableBufferPointer<UInt8>, limit: Int,
        _ advance: (inout z_stream) -> Int32
    ) -> Result<[UInt8], Failure> {
        unsafe stream.next_in = input.baseAddress
        unsafe stream.avail_in = UInt32(clamping: input.count)
        var output: [UInt8] = []
        while true {
            var status = Z_OK
            let room = min(step, limit == .max ? step : limit - output.count + 1)
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                unsafe stream.next_out = buffer.baseAddress
                unsafe stream.avail_out = UInt32(room)
                status = unsafe advance(&stream)
                count = unsafe room - Int(stream.avail_out)
            }
            output += piece
            if output.count > limit { return .failure(.tooLarge) }
            if status == Z_STREAM_END { return .success(output) }
            // Without progress the input has ended too early.
            let left = unsafe stream.avail_in
            guard status == Z_OK, !piece.isEmpty || left > 0 else { return .failure(.malformed) }
        }
    }
}
