import FoundationEssentials
import Testing

/// Every input that is kept in `Fuzz/Corpus` is good or refused, as `make fuzz` found it; and each
/// target has some.
@Suite struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Corpus").standardized

    @Test(arguments: FuzzTarget.all.map(\.name))
    func `what was found once stays found`(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let inputs = try FileManager.default.contentsOfDirectory(
            atPath: Self.folder.appending(path: name).path())
        #expect(inputs.count >= 3)
        for input in inputs {
            let path = Self.folder.appending(path: name).appending(path: input)
            let bytes = Array(try Data(contentsOf: path))
            #expect(throws: Never.self, "\(name)/\(input)") { try target.check(bytes) }
        }
    }

    @Test func `each folder of inputs belongs to a target`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path())
        #expect(folders.sorted() == FuzzTarget.all.map(\.name).sorted())
    }
}
