import Text

@testable import DirectoryClient
@testable import Gateway

/// Checks that of the offers one is chosen, and that parameters do not change what a type is.
func checkMediaType(_ input: [UInt8]) throws {
    let given = text(input)
    let offers = ["application/json", "application/x-ndjson", "text/event-stream"]
    if let choice = MediaType.choose(offers, accept: given) {
        try require(offers.contains(bytesOf: choice), "\(choice) was not offered")
    }
    let essence = MediaType.essence(given)
    try require(
        MediaType.essence(essence).hasBytes(of: essence), "the essence of \(essence) is another")
    try require(!essence.utf8.contains(where: ASCII.isUpper), "upper case in \(essence)")
    try require(!essence.utf8.contains(UInt8(ascii: ";")), "a parameter in \(essence)")
    if let charset = MediaType.charset(given) {
        try require(!charset.utf8.contains(UInt8(ascii: "\"")), "a quote in \(charset)")
    }
    for offer in offers {
        if MediaType.isNamed(offer, in: given) {
            try require(MediaType.choose(offers, accept: given) != nil, "named, and not chosen")
        }
        // A field without the end of a line: what a response can have.
        if !input.contains(0x0A), !input.contains(0x0D) {
            try require(
                essence.hasBytes(of: offer) == given.isMediaType(offer),
                "gateway and client disagree about \(given)")
        }
    }
}
