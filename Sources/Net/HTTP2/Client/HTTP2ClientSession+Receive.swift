internal import CNghttp2
internal import HTTPTypes

/// What nghttp2 reports. Nothing here calls a delegate.
extension HTTP2ClientSession {
    func settingsArrived() {
        guard !isReady else { return }
        isReady = true
        news.isReady = true
    }

    func goAwayArrived(code: UInt32) {
        guard goAwayCode == nil else { return }
        goAwayCode = code
        news.goAway = code
    }

    func pongArrived() { news.pongs += 1 }

    func sectionBegins(_ id: Int32) { streams[id]?.section = HTTP2ClientStream.Section() }

    /// A field of a header section.
    /// - Returns: false when the section is too large: the stream is reset.
    func fieldArrived(
        _ id: Int32, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) -> Bool {
        guard let stream = streams[id], stream.section != nil else { return true }
        stream.section?.byteCount += name.count + value.count + 32
        guard stream.section?.byteCount ?? 0 <= Self.sectionBytes else { return false }
        let text = unsafe String(decoding: value, as: UTF8.self)
        if unsafe name.elementsEqual(":status".utf8) {
            stream.section?.status = Int(text)
        } else if let name = HTTPField.Name(unsafe String(decoding: name, as: UTF8.self)) {
            stream.section?.fields.append(HTTPField(name: name, value: text))
        }
        return true
    }

    func sectionEnds(_ id: Int32, endsStream: Bool) {
        guard let stream = streams[id], let section = stream.section else { return }
        stream.section = nil
        if endsStream { stream.hasEnded = true }
        if stream.status != nil {
            stream.trailers = section.fields
        } else if let status = section.status, status >= 200 {
            stream.status = status
            stream.fields = section.fields
        }
        mark(stream)
    }

    func bytesArrived(_ id: Int32, _ bytes: UnsafeRawBufferPointer) {
        guard let stream = streams[id] else {
            if let raw = unsafe raw { unsafe nghttp2_session_consume(raw, id, bytes.count) }
            return
        }
        unsafe stream.received.append(contentsOf: bytes)
        mark(stream)
    }

    func dataEnds(_ id: Int32) {
        guard let stream = streams[id] else { return }
        stream.hasEnded = true
        mark(stream)
    }

    func streamEnds(_ id: Int32, code: UInt32) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        stream.closeCode = code
        mark(stream)
    }

    /// Copies a part of a request's body.
    /// - Returns: how many bytes, and whether they are the last.
    func content(of id: Int32, into buffer: UnsafeMutableRawBufferPointer) -> (Int, Bool) {
        guard let stream = streams[id] else { return (0, true) }
        let count = min(buffer.count, stream.body.count - stream.sentOfBody)
        if count > 0 {
            unsafe stream.body.withUnsafeBytes { bytes in
                unsafe buffer.copyMemory(
                    from: UnsafeRawBufferPointer(
                        rebasing: bytes[stream.sentOfBody..<(stream.sentOfBody + count)]))
            }
        }
        stream.sentOfBody += count
        let isLast = stream.sentOfBody == stream.body.count
        if isLast { (stream.body, stream.sentOfBody) = ([], 0) }
        return (count, isLast)
    }
}
