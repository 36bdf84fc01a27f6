import Frames
import Testing

@Suite struct MemoryBudgetTests {
    @Test func `a budget takes no more than its limit and gets everything back`() {
        let budget = MemoryBudget(limit: 100)
        #expect(budget.reserve(60))
        #expect(!budget.reserve(41))
        #expect(budget.reserve(40))
        #expect(budget.isExhausted)
        budget.charge(50)
        #expect(!budget.reserve(1))
        budget.release(150)
        #expect(budget.used == 0)
        #expect(budget.peak == 150)
        #expect(!budget.reserve(.max))
    }

    @Test func `a reservation is given back with its owner`() {
        let budget = MemoryBudget(limit: 100)
        do {
            var reservation = MemoryReservation(budget)
            let results = [
                reservation.resize(to: 70), reservation.resize(to: 101), reservation.resize(to: 10),
            ]
            #expect(results == [true, false, true])
            #expect(budget.used == 10)
            reservation.set(to: 200)
            #expect(budget.used == 200)
        }
        #expect(budget.used == 0)
    }

    @Test func `threads that reserve at once never exceed the limit`() async {
        let budget = MemoryBudget(limit: 1000)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<10_000 where budget.reserve(300) { budget.release(300) }
                }
            }
        }
        #expect(budget.used == 0)
        #expect(budget.peak <= 1000)
    }

    @Test func `a frame counts once, however many hold it`() {
        let budget = MemoryBudget()
        var frames: [Frame] = []
        do {
            let frame = Frame([1, 2, 3], budget: budget)
            frames = [frame, frame, frame]
            #expect(budget.used == frame.count(.chunked))
        }
        #expect(budget.used == 8)
        #expect(frames.count == 3)
        frames = []
        #expect(budget.used == 0)
    }
}
