/// The texts that filters search for in the labels of events, as a trie of their bytes. The cost of
/// a search grows with the label and with common prefixes, not with the number of texts.
///
/// A search restarts at each byte of the label, which is cheap while few texts begin there. A label
/// for which this is expensive (`aaaa…`, with similar texts) is searched in one pass instead
/// (Aho–Corasick). The links for that are made on demand and stay until the texts change.
///
/// Adding and removing cost O(length of the text). Pure; belongs to one loop.
struct LabelTrie<Value> {
    private struct Node {
        /// The parent node, and the byte of the edge from it.
        var parent: Int32
        var byte: UInt8
        /// How many child nodes there are.
        var children: Int32 = 0
        /// The value of the text that ends here.
        var value: Value?
        /// The failure link: the node of the longest proper suffix of this node's text. And the
        /// output link: the nearest node with a value along failure links. Valid while `isLinked`.
        var fallback: Int32 = 0
        var output: Int32 = 0
    }

    private var nodes = [Node(parent: -1, byte: 0)]
    private var free: [Int32] = []
    /// The edges of all nodes but the root, by node and byte.
    private var edges: [UInt64: Int32] = [:]
    /// The edges of the root, in an array, because nearly every byte of a label needs one.
    private var roots = [Int32](repeating: 0, count: 256)
    private var isLinked = false

    /// A search that takes more than this number of steps per byte is made in one pass.
    private static var stepsPerByteLimit: Int { 8 }

    /// Whether no text is stored.
    var isEmpty: Bool { nodes.count == free.count + 1 && nodes[0].value == nil }

    /// The value for a text.
    subscript(text: String) -> Value? {
        get {
            var node: Int32 = 0
            for byte in text.utf8 {
                node = child(of: node, byte)
                if node == 0 { return nil }
            }
            return nodes[Int(node)].value
        }
        set {
            isLinked = false
            if let newValue { insert(newValue, text) } else { remove(text) }
        }
    }

    private mutating func insert(_ value: Value, _ text: String) {
        var node: Int32 = 0
        for byte in text.utf8 {
            var next = child(of: node, byte)
            if next == 0 {
                next = makeNode(after: node, byte)
                nodes[Int(node)].children += 1
            }
            node = next
        }
        nodes[Int(node)].value = value
    }

    private mutating func makeNode(after parent: Int32, _ byte: UInt8) -> Int32 {
        let node: Int32
        if let old = free.popLast() {
            node = old
            nodes[Int(node)] = Node(parent: parent, byte: byte)
        } else {
            node = Int32(nodes.count)
            nodes.append(Node(parent: parent, byte: byte))
        }
        if parent == 0 { roots[Int(byte)] = node } else { edges[Self.key(parent, byte)] = node }
        return node
    }

    private mutating func remove(_ text: String) {
        var node: Int32 = 0
        for byte in text.utf8 {
            node = child(of: node, byte)
            if node == 0 { return }
        }
        nodes[Int(node)].value = nil
        // Nodes that led only to this text are removed too.
        while node != 0, nodes[Int(node)].children == 0, nodes[Int(node)].value == nil {
            let (parent, byte) = (nodes[Int(node)].parent, nodes[Int(node)].byte)
            if parent == 0 { roots[Int(byte)] = 0 } else { edges[Self.key(parent, byte)] = nil }
            free.append(node)
            nodes[Int(parent)].children -= 1
            node = parent
        }
    }

    /// Calls `found` with the value of each text that occurs in `label`, possibly more than once.
    /// - Returns: the number of steps it took.
    mutating func search(_ label: String, _ found: (Value) -> Void) -> Int {
        if let value = nodes[0].value { found(value) }
        let length = label.utf8.count
        if isLinked {
            // A label was expensive since the texts changed: others probably are too.
            searchInOnePass(Array(label.utf8), found)
            return 2 * length
        }
        let limit = Self.stepsPerByteLimit * length + 64
        let steps =
            label.utf8.withContiguousStorageIfAvailable { search($0, upTo: limit, found) }
            ?? search(Array(label.utf8), upTo: limit, found)
        guard let steps else {
            let links = link()
            searchInOnePass(Array(label.utf8), found)
            return limit + links + 2 * length
        }
        return steps
    }

    /// Searches with a restart at each byte.
    /// - Returns: the number of steps, or nil when there were more than `limit`.
    private func search(
        _ bytes: some RandomAccessCollection<UInt8>, upTo limit: Int, _ found: (Value) -> Void
    ) -> Int? {
        var steps = 0
        var start = bytes.startIndex
        while start != bytes.endIndex {
            var place = start
            var node = roots[Int(bytes[start])]
            steps += 1
            while node != 0 {
                if let value = nodes[Int(node)].value { found(value) }
                place = bytes.index(after: place)
                guard place != bytes.endIndex, nodes[Int(node)].children > 0 else { break }
                node = edges[Self.key(node, bytes[place])] ?? 0
                steps += 1
            }
            if steps > limit { return nil }
            start = bytes.index(after: start)
        }
        return steps
    }

    private func searchInOnePass(_ bytes: [UInt8], _ found: (Value) -> Void) {
        var node: Int32 = 0
        for byte in bytes {
            node = next(node, byte)
            var output = nodes[Int(node)].value == nil ? nodes[Int(node)].output : node
            while output != 0 {
                if let value = nodes[Int(output)].value { found(value) }
                output = nodes[Int(output)].output
            }
        }
    }

    /// Makes the failure and output links.
    /// - Returns: the number of steps it took.
    private mutating func link() -> Int {
        guard !isLinked else { return 0 }
        isLinked = true
        // Level by level: the failure link of a node leads to a shorter text.
        var level = roots.filter { $0 != 0 }
        for node in level {
            nodes[Int(node)].fallback = 0
            nodes[Int(node)].output = 0
        }
        var children: [Int32: [Int32]] = [:]
        for (edge, node) in edges { children[Int32(edge >> 8), default: []].append(node) }
        while !level.isEmpty {
            var deeper: [Int32] = []
            for parent in level {
                for node in children[parent] ?? [] {
                    let fallback = next(nodes[Int(parent)].fallback, nodes[Int(node)].byte)
                    nodes[Int(node)].fallback = fallback
                    nodes[Int(node)].output =
                        nodes[Int(fallback)].value == nil
                        ? nodes[Int(fallback)].output : fallback
                    deeper.append(node)
                }
            }
            level = deeper
        }
        return nodes.count
    }

    private func next(_ node: Int32, _ byte: UInt8) -> Int32 {
        var node = node
        while node != 0 {
            if let next = edges[Self.key(node, byte)] { return next }
            node = nodes[Int(node)].fallback
        }
        return roots[Int(byte)]
    }

    private func child(of node: Int32, _ byte: UInt8) -> Int32 {
        node == 0 ? roots[Int(byte)] : edges[Self.key(node, byte)] ?? 0
    }

    private static func key(_ node: Int32, _ byte: UInt8) -> UInt64 {
        UInt64(node) << 8 | UInt64(byte)
    }
}
