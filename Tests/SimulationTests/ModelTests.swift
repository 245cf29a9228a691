import BlockIO
import Testing

@testable import Simulation

/// The model has to be right before it may judge.
@Suite struct ModelTests {
  @Test func `events come by time, and within an instant in the order they were scheduled`() {
    var heap = EventHeap<Int>()
    var random = RandomSource(seed: 7)
    var expected: [(at: UInt64, number: Int)] = []
    for number in 0..<500 {
      let at = UInt64(random.below(40))
      heap.schedule(number, at: Instant(nanoseconds: at))
      expected.append((at, number))
    }
    expected.sort { $0.at == $1.at ? $0.number < $1.number : $0.at < $1.at }
    var order: [Int] = []
    while let (_, number) = heap.next() { order.append(number) }
    #expect(order == expected.map(\.number))
  }

  @Test func `the generator draws evenly and within bounds`() {
    var random = RandomSource(seed: 1)
    var counts = Array(repeating: 0, count: 10)
    for _ in 0..<10_000 { counts[random.below(10)] += 1 }
    #expect(counts.allSatisfy { (850...1_150).contains($0) })
    var again = RandomSource(seed: 1)
    var other = RandomSource(seed: 2)
    var first = RandomSource(seed: 1)
    let word = first.next()
    let same = again.next()
    let different = other.next()
    #expect(same == word && different != word)
  }

  @Test func `a lost cache takes what was not flushed, and no more`() {
    var medium = ModelMedium(sectorCount: 4, cacheCount: 2)
    medium.write(1, to: 0, cache: 0, isForced: false)
    medium.write(2, to: 1, cache: 0, isForced: false)
    medium.flush(cache: 0)
    medium.write(3, to: 0, cache: 0, isForced: false)
    medium.write(4, to: 2, cache: 1, isForced: false)
    medium.write(5, to: 3, cache: 0, isForced: true)
    #expect(medium.visible == [3, 2, 4, 5])
    let first = medium.lose(cache: 0)
    #expect(first == [0])
    #expect(medium.visible == [1, 2, 4, 5])
    let second = medium.lose(cache: 1)
    #expect(second == [2])
    #expect(medium.visible == [1, 2, 0, 5])
  }

  @Test func `an older flush does not hide a newer write of another cache`() {
    var medium = ModelMedium(sectorCount: 1, cacheCount: 2)
    medium.write(1, to: 0, cache: 0, isForced: false)
    medium.write(2, to: 0, cache: 1, isForced: false)
    medium.flush(cache: 1)
    medium.flush(cache: 0)
    _ = medium.lose(cache: 0)
    #expect(medium.visible == [2])
  }

  @Test func `a read may see the last acknowledged write or a concurrent one`() {
    var history = History(sectorCount: 1)
    let old = acknowledge(&history)
    let new = acknowledge(&history)
    let concurrent = history.beginWrite()
    let floor = history.floor(of: 0)
    #expect(!history.mayRead(0, floor: floor))
    #expect(!history.mayRead(old, floor: floor))
    #expect(history.mayRead(new, floor: floor))
    #expect(history.mayRead(concurrent, floor: floor))
    #expect(!history.mayRead(concurrent + 1, floor: floor))
  }

  @Test func `a failed write may be seen until something newer is acknowledged`() {
    var history = History(sectorCount: 1)
    let failed = history.beginWrite()
    history.endWrite(failed, sectors: 0..<1, isAcknowledged: false, isForced: false)
    #expect(history.mayRead(failed, floor: history.floor(of: 0)))
    #expect(history.mayRead(0, floor: history.floor(of: 0)))
    let newer = acknowledge(&history)
    #expect(!history.mayRead(failed, floor: history.floor(of: 0)))
    #expect(history.isOverwritten(failed, by: newer))
  }

  @Test func `what a successful flush covers must not be lost`() {
    var history = History(sectorCount: 1)
    _ = acknowledge(&history)
    let start = history.tick()
    let isTrue = history.flushSucceeded(since: start)
    #expect(isTrue)
    let kept = history.turnedBack(0, to: 0, mustBeTold: true)
    #expect(!kept)
  }

  @Test func `what no flush covers may be lost, and the next flush must tell`() {
    var history = History(sectorCount: 1)
    let write = acknowledge(&history)
    let kept = history.turnedBack(0, to: 0, mustBeTold: true)
    #expect(kept)
    #expect(history.mayRead(0, floor: history.floor(of: 0)))
    let start = history.tick()
    let isSilent = history.flushSucceeded(since: start)
    #expect(!isSilent)
    history.flushFailed()
    let later = history.tick()
    let isTrue = history.flushSucceeded(since: later)
    #expect(isTrue)
    #expect(write == 1)
  }

  @Test func `a forced write must not be lost at all`() {
    var history = History(sectorCount: 1)
    let write = history.beginWrite()
    history.endWrite(write, sectors: 0..<1, isAcknowledged: true, isForced: true)
    let kept = history.turnedBack(0, to: 0, mustBeTold: true)
    #expect(!kept)
  }

  private func acknowledge(_ history: inout History) -> UInt64 {
    let write = history.beginWrite()
    history.endWrite(write, sectors: 0..<1, isAcknowledged: true, isForced: false)
    return write
  }
}
