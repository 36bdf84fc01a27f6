import Directory
import Testing

extension Operations {
    /// Reads a record, in parts if it is large.
    func pullWhole(_ cid: String) async throws -> Pulled {
        switch try await pull(cid) {
        case .whole(let pulled): return pulled
        case .large(let length):
            var content: [UInt8] = []
            while content.count < length {
                content += try await part(of: cid, from: content.count)
            }
            return Pulled(cid: cid, content: content)
        }
    }
}
