import BlockIO
import Testing

@testable import Multipath

/// What every selector owes, whatever its taste.
@Suite struct SelectorTests {
  private static let names = SelectorKind.all.map(\.name)

  private func selector(_ name: String) throws -> SelectorKind {
    try #require(SelectorKind.all.first { $0.name == name })
  }

  private func question(
    _ operation: BlockIO.Operation, _ candidates: PathSet, active: PathIndex?,
    bytes: UInt64 = 4096, at now: Instant = .zero
  ) -> SelectorQuestion {
    SelectorQuestion(
      operation: operation, bytes: bytes, candidates: candidates, active: active, now: now)
  }

  @Test func `names are unique, and every mode has its selector`() {
    #expect(Set(Self.names).count == Self.names.count)
    for mode in Mode.allCases {
      #expect(Self.names.contains(mode.word))
      #expect(Mode(word: mode.word) == mode)
    }
  }

  @Test(arguments: names)
  func `the choice is one of the candidates`(name: String) throws {
    let selector = try selector(name)
    var table = PathTable(capacity: 5)
    for _ in 0..<5 { _ = table.occupy(at: .zero) }
    for bits in UInt64(1)..<32 {
      for operation in BlockIO.Operation.allCases {
        for active in [nil, PathIndex(0), PathIndex(3)] {
          let candidates = PathSet(bits: bits)
          let choice = selector.choose(
            &table,
            question(operation, candidates, active: active))
          #expect(candidates.contains(choice))
        }
      }
    }
  }

  @Test(arguments: names)
  func `the same questions get the same answers`(name: String) throws {
    let selector = try selector(name)
    func answers() -> [UInt8] {
      var table = PathTable(capacity: 4)
      for _ in 0..<4 { _ = table.occupy(at: .zero) }
      return (UInt64(0)..<64).map { step in
        let candidates = PathSet(bits: step % 15 + 1)
        let operation: BlockIO.Operation = step % 3 == 0 ? .write : .read
        return selector.choose(
          &table, question(operation, candidates, active: PathIndex(1))
        ).rawValue
      }
    }
    #expect(answers() == answers())
  }

  @Test(arguments: names)
  func `a selector that does not spread stays on the active path with what changes anything`(
    name: String
  ) throws {
    let selector = try selector(name)
    guard !selector.spreads else { return }
    var table = PathTable(capacity: 3)
    for _ in 0..<3 { _ = table.occupy(at: .zero) }
    for operation in BlockIO.Operation.allCases where operation != .read {
      let choice = selector.choose(
        &table, question(operation, table.usable, active: PathIndex(1)))
      #expect(choice == PathIndex(1))
    }
  }

  /// Each request is answered before the next: whoever is chosen is idle again.
  @Test(arguments: names)
  func `a selector that spreads leaves no path out on an idle device`(name: String) throws {
    let selector = try selector(name)
    guard selector.spreads else { return }
    let bench = Bench(.activeActive, paths: 4)
    bench.machine.setSelector(selector)
    var counts = [0, 0, 0, 0]
    for path in bench.route(.read, count: 400) { counts[path] += 1 }
    for count in counts { #expect((80...120).contains(count), "\(counts)") }
  }

  /// Requests pile up, none is answered.
  @Test(arguments: names)
  func `a selector that spreads keeps what is outstanding even`(name: String) throws {
    let selector = try selector(name)
    guard selector.spreads else { return }
    let bench = Bench(.activeActive, paths: 4)
    bench.machine.setSelector(selector)
    for _ in 0..<60 { _ = bench.submit(.read) }
    let outstanding = (0..<4).map { bench.machine.table[PathIndex(UInt8($0))].outstanding }
    #expect((outstanding.max() ?? 0) - (outstanding.min() ?? 0) <= 1, "\(outstanding)")
  }

  @Test func `service-time gives a path of twice the weight twice the bytes`() throws {
    let bench = Bench(.activeActive, paths: 2, attemptsPerPathMax: 64)
    bench.machine.setSelector(try selector("service-time"))
    bench.machine.setWeight(2, of: PathIndex(1))
    for _ in 0..<60 { _ = bench.submit(.read) }
    #expect(bench.machine.table[PathIndex(0)].outstanding == 20)
    #expect(bench.machine.table[PathIndex(1)].outstanding == 40)
  }

  @Test func `latency shuns a slow path, and tries it again after a while`() throws {
    let selector = try selector("latency")
    var table = PathTable(capacity: 2)
    for _ in 0..<2 { _ = table.occupy(at: .zero) }
    table[PathIndex(0)].noteTime(.milliseconds(10))
    table[PathIndex(1)].noteTime(.microseconds(100))
    table[PathIndex(0)].answeredAt = Instant.zero + .seconds(1)
    table[PathIndex(1)].answeredAt = Instant.zero + .seconds(1)
    let soon = Instant.zero + .milliseconds(1100)
    for _ in 0..<10 {
      let choice = selector.choose(&table, question(.read, table.usable, active: nil, at: soon))
      #expect(choice == PathIndex(1))
    }
    let later = Instant.zero + .milliseconds(1600)
    table[PathIndex(1)].answeredAt = later
    let first = selector.choose(&table, question(.read, table.usable, active: nil, at: later))
    let second = selector.choose(&table, question(.read, table.usable, active: nil, at: later))
    #expect(first == PathIndex(0) && second == PathIndex(1))
  }
}
