/// Searches for many texts in another at once (Aho and Corasick). The cost of a search grows with the
/// searched text, not with the number of texts to find.
public struct SubstringSet: Sendable {
    private struct Node {
        /// The first child of this node, and the next child of its parent; 0 is none, because the root
        /// is no child.
        var child: Int32 = 0
        var sibling: Int32 = 0
        /// The node at which the search continues when no child matches.
        var fallback: Int32 = 0
        var byte: UInt8 = 0
        /// Whether one of the texts ends here.
        var isEnd = false
    }

    private var nodes = [Node()]
    /// The children of the root by byte: nearly every byte of a text is looked up here.
    private var roots = [Int32](repeating: 0, count: 256)

    /// Prepares the search. Memory and time grow with the bytes of the texts.
    /// - Parameter texts: an empty text occurs everywhere.
    public init(_ texts: [String]) {
        for text in texts { add(text) }
        link()
    }

    /// Returns whether one of the texts occurs in `text`.
    public func occurs(in text: some Sequence<UInt8>) -> Bool {
        if nodes[0].isEnd { return true }
        var state: Int32 = 0
        for byte in text {
            state = next(state, byte)
            if nodes[Int(state)].isEnd { return true }
        }
        return false
    }

    private mutating func add(_ text: String) {
        var state: Int32 = 0
        for byte in text.utf8 {
            let known = child(of: state, byte)
            if known != 0 {
                state = known
                continue
            }
            let new = Int32(nodes.count)
            nodes.append(Node(sibling: nodes[Int(state)].child, byte: byte))
            nodes[Int(state)].child = new
            if state == 0 { roots[Int(byte)] = new }
            state = new
        }
        nodes[Int(state)].isEnd = true
    }

    /// Finds for each node the longest proper end of its text that begins another one.
    private mutating func link() {
        var queue: [Int32] = [0]
        var position = 0
        while position < queue.count {
            let parent = queue[position]
            position += 1
            var child = nodes[Int(parent)].child
            while child != 0 {
                if parent != 0 {
                    let target = next(nodes[Int(parent)].fallback, nodes[Int(child)].byte)
                    nodes[Int(child)].fallback = target
                    if nodes[Int(target)].isEnd { nodes[Int(child)].isEnd = true }
                }
                queue.append(child)
                child = nodes[Int(child)].sibling
            }
        }
    }

    private func next(_ state: Int32, _ byte: UInt8) -> Int32 {
        var state = state
        while state != 0 {
            let child = child(of: state, byte)
            if child != 0 { return child }
            state = nodes[Int(state)].fallback
        }
        return roots[Int(byte)]
    }

    private func child(of state: Int32, _ byte: UInt8) -> Int32 {
        if state == 0 { return roots[Int(byte)] }
        var child = nodes[Int(state)].child
        while child != 0, nodes[Int(child)].byte != byte { child = nodes[Int(child)].sibling }
        return child
    }
}
