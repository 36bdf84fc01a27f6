/// Makes long inputs of short ones.
struct Amplifier {
    private let input: [UInt8]
    /// What depends on the input alone: what is found can be found again.
    private let choice: UInt64

    /// Returns nil but for one input of 16.
    init?(_ input: [UInt8]) {
        guard input.count >= 2, input.count < 2 << 10 else { return nil }
        choice = input.reduce(14_695_981_039_346_656_037) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        self.input = input
        guard isChosen(oneOf: 16) else { return nil }
    }

    /// Returns whether this is one of this number of inputs; a power of two.
    func isChosen(oneOf count: UInt64) -> Bool { (choice >> 48).isMultiple(of: count) }

    /// Returns the input with two parts of it repeated, one after the other: some costs need a long
    /// run of one thing and then one of another.
    func repeated(to length: Int) -> [UInt8] {
        let place = part(choice)
        var (first, second) = (input[place], input[part(choice >> 24)])
        if (choice >> 46).isMultiple(of: 4) {
            // Putting these in order costs the square of their number (Sources/Text/String+Bytes).
            (first, second) = (Array("\u{301}".utf8)[...], Array("\u{327}".utf8)[...])
        }
        var long = Array(input[..<place.lowerBound])
        let room = length - input.count
        while long.count < room / 2 { long += first }
        while long.count < room { long += second }
        return long + input[place.lowerBound...]
    }

    /// Returns where a code point is, or up to 16 bytes.
    private func part(_ choice: UInt64) -> Range<Int> {
        var start = Int(choice & 0xFFFF) % input.count
        while start > 0, isInside(start) { start -= 1 }
        var end = start + 1
        if choice >> 20 & 1 == 1 {
            end = min(start + 1 + Int(choice >> 16 & 0xF), input.count)
        }
        while end < input.count, isInside(end) { end += 1 }
        return start..<end
    }

    private func isInside(_ place: Int) -> Bool { input[place] & 0xC0 == 0x80 }
}
