import Libevent
import Testing

@Suite struct TimerWheelTests {
    final class Clock { var now: Duration = .seconds(1000) }

    let clock = Clock()
    let wheel: TimerWheel

    init() {
        let clock = clock
        wheel = TimerWheel { clock.now }
    }

    func advance(_ delay: Duration) {
        clock.now += delay
        wheel.advance()
    }

    @Test func `a timer never fires early and at most a slot late`() {
        var fired = false
        wheel.schedule(after: .milliseconds(95)) { fired = true }
        advance(.milliseconds(94))
        #expect(!fired)
        advance(.milliseconds(12))
        #expect(fired)
    }

    @Test(arguments: [1, 5, 7, 30, 3600])
    func `a timer beyond the round of the wheel fires when it is due`(seconds: Int) {
        var fired = false
        wheel.schedule(after: .seconds(seconds)) { fired = true }
        for _ in 0..<(seconds * 10 - 1) { advance(.milliseconds(100)) }
        #expect(!fired)
        advance(.milliseconds(120))
        #expect(fired)
    }

    @Test func `a timer that was put off fires at the new time only`() {
        var count = 0
        let timer = wheel.schedule(after: .milliseconds(50)) { count += 1 }
        advance(.milliseconds(40))
        wheel.move(timer, to: .milliseconds(500))
        advance(.milliseconds(400))
        #expect(count == 0)
        advance(.milliseconds(120))
        #expect(count == 1)
    }

    @Test func `a timer that was brought forward fires at the new time only`() {
        var count = 0
        let timer = wheel.schedule(after: .seconds(3)) { count += 1 }
        wheel.move(timer, to: .milliseconds(50))
        advance(.milliseconds(70))
        #expect(count == 1)
        advance(.seconds(4))
        #expect(count == 1)
    }

    @Test func `a cancelled timer does not fire, and neither does its neighbour go missing`() {
        var fired: [Int] = []
        let timers = (0..<3).map { number in
            wheel.schedule(after: .milliseconds(50)) { fired.append(number) }
        }
        wheel.cancel(timers[0])
        wheel.cancel(timers[0])
        advance(.milliseconds(70))
        #expect(fired.sorted() == [1, 2])
    }

    @Test func `a timer that is cancelled by its neighbour does not fire`() {
        var fired: [Int] = []
        var timers: [TimerWheel.Timer] = []
        for number in 0..<2 {
            timers.append(
                wheel.schedule(after: .milliseconds(50)) { [wheel] in
                    fired.append(number)
                    wheel.cancel(timers[1 - number])
                })
        }
        advance(.milliseconds(70))
        #expect(fired.count == 1)
        #expect(wheel.nextDeadline == nil)
    }

    @Test func `a timer may set another one while it fires`() {
        var fired: [String] = []
        wheel.schedule(after: .milliseconds(10)) { [wheel] in
            fired.append("first")
            wheel.schedule(after: .milliseconds(10)) { fired.append("second") }
        }
        advance(.milliseconds(30))
        #expect(fired == ["first"])
        advance(.milliseconds(30))
        #expect(fired == ["first", "second"])
    }

    @Test func `after a long pause every due timer fires once`() {
        var count = 0
        for delay in 1...100 { wheel.schedule(after: .milliseconds(delay * 37)) { count += 1 } }
        advance(.seconds(3600))
        #expect(count == 100)
        #expect(wheel.nextDeadline == nil)
    }

    @Test func `an idle wheel that is used again does not fire at once`() {
        advance(.seconds(77))
        clock.now += .seconds(123)
        var fired = false
        wheel.schedule(after: .milliseconds(100)) { fired = true }
        wheel.advance()
        #expect(!fired)
        advance(.milliseconds(120))
        #expect(fired)
    }

    @Test func `a delay without end does not overflow`() {
        var fired = false
        let timer = wheel.schedule(after: .seconds(Int64.max)) { fired = true }
        wheel.move(timer, to: .seconds(Int64.max))
        advance(.seconds(3600))
        #expect(!fired)
    }
}
