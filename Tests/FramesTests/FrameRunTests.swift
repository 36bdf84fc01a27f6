import Frames
import TestSupport
import Testing

@Suite struct FrameRunTests {
    @Test func `a frame is its bytes, and a chunk around them`() {
        let frame = Frame(Array("hello, world".utf8), position: 7)
        #expect(String(decoding: frame.bytes(.plain), as: UTF8.self) == "hello, world")
        #expect(String(decoding: frame.bytes(.chunked), as: UTF8.self) == "c\r\nhello, world\r\n")
        #expect(frame.count(.plain) == 12 && frame.count(.chunked) == 17)
        #expect(frame.position == 7)
    }

    @Test(arguments: [Frame.Framing.plain, .chunked])
    func `the vectors of a run are what is left to send`(framing: Frame.Framing) {
        var random = Seeded(seed: testSeed())
        for _ in 0..<200 {
            let frames = (0..<Int.random(in: 1...8, using: &random)).map { number in
                Frame(
                    [UInt8](repeating: UInt8(number), count: .random(in: 1...300, using: &random)))
            }
            let all = frames.flatMap { $0.bytes(framing) }
            let skipped = Int.random(in: 0..<frames[0].count(framing), using: &random)
            let run = FrameRun(frames, framing: framing, skipping: skipped)
            let bytes = run.vectors.flatMap { vector in
                UnsafeRawBufferPointer(start: vector.iov_base, count: vector.iov_len).map { $0 }
            }
            #expect(bytes == Array(all[skipped...]))
            #expect(run.byteCount == bytes.count)
        }
    }

    @Test func `after each number of bytes the place in a run is known`() {
        let run = FrameRun(
            [3, 1, 5].map { Frame([UInt8](repeating: 0, count: $0)) }, framing: .plain)
        let places = (0...9).map { run.position(after: $0) }.map { "\($0.frames).\($0.bytes)" }
        #expect(places == ["0.0", "0.1", "0.2", "1.0", "2.0", "2.1", "2.2", "2.3", "2.4", "3.0"])
        let rest = FrameRun(run.frames, framing: .plain, skipping: 2)
        #expect(rest.position(after: 1) == (1, 0))
    }
}
